"""Which points are drawn, between which limits, with which marks."""

import math

import pytest

from reports import scale


def test_what_cannot_be_drawn_is_a_gap():
    found = scale.points([1, 2, 3, math.inf, 5], [0.5, math.nan, -math.inf, 1, 1e301], log_y=False)
    assert found[0] == (1.0, 0.5) and all(math.isnan(x) and math.isnan(y) for x, y in found[1:])


def test_a_logarithmic_axis_has_zeros_and_gaps_for_negatives():
    found = scale.points([1, 2, 3, 4], [100, 0, 5e-324, -1], log_y=True)
    assert found[:3] == [(1.0, 2.0), (2.0, -math.inf), (3.0, -math.inf)] and math.isnan(found[3][1])


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError):
        scale.points([1, 2], [1], log_y=False)


@pytest.mark.parametrize("count", [2000, 2001, 4000, 100_003])
def test_thinning_keeps_order_ends_and_every_extreme(count):
    whole = [(float(i), math.sin(i * i)) for i in range(count)]
    whole[count // 3] = (count / 3, 9.0)
    whole[count // 2] = (count / 2, -9.0)
    thin = scale.thinned(whole)
    assert len(thin) <= 2000 and (thin == whole) == (count == 2000)
    assert thin[0] == whole[0] and thin[-1] == whole[-1] and thin == sorted(thin)
    assert {9.0, -9.0} <= {y for _, y in thin}


def test_thinning_keeps_a_gap():
    whole = [(float(i), 1.0) for i in range(9000)]
    whole[4321] = (math.nan, math.nan)
    assert sum(math.isnan(y) for _, y in scale.thinned(whole)) == 1


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [([0.1, 0.9], 0, 0.9), ([0.8, 0.9], 0.8, 0.9), ([-1, 1], -1, 1), ([0.5], 0.25, 0.75), ([0], -0.5, 0.5)],
)
def test_limits_begin_at_zero_only_near_it(values, low, high):
    air = 0.04 * (high - low)
    assert scale.limits(scale.from_zero(values)) == pytest.approx((low - air, high + air))


def test_limits_do_not_blow_up_a_tiny_difference():
    low, high = scale.limits([1.0, 1.0 + 1e-12], narrowest=1e-3)
    assert high - low > 1e-3


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (-0.04, 1.04, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0, 4100, ["0", "1,000", "2,000", "3,000", "4,000"]),
        (0, 2.1e-7, ["0", "5e-08", "1e-07", "1.5e-07", "2e-07"]),
        (0, 2.1e9, ["0", "5e+08", "1e+09", "1.5e+09", "2e+09"]),
        (0.9871, 0.9874, ["0.9871", "0.9872", "0.9873", "0.9874"]),
    ],
)
def test_marks_have_the_digits_that_tell_them_apart(low, high, texts):
    ticks, found = scale.marks(low, high, 6)
    assert found == texts and len(ticks) == len(texts)


def test_marks_of_steps_are_whole():
    assert scale.marks(0.9, 3.1, 7, whole=True) == ([1.0, 2.0, 3.0], ["1", "2", "3"])


@pytest.mark.parametrize("low", [-1e300, -1e-300, -3.0, 0.0, 1e-300, 1e16, 9e299])
@pytest.mark.parametrize("width", [1e-12, 1.0, 1e299])
def test_marks_of_any_limits_tell_different_values_apart(low, width):
    ticks, texts = scale.marks(*scale.limits([low, low + width], 1e-3), 5)
    assert len(set(texts)) == len(ticks) >= 1


def test_powers_name_the_decades_and_the_zero():
    heights = [-math.inf, -6.5, 0.2]
    limits = scale.decades(heights, -8.0)
    assert scale.powers(*limits, zero=True) == (
        [-8.0, -7.0, -5.0, -3.0, -1.0, 1.0],
        ["0", "1e-07", "1e-05", "1e-03", "1e-01", "1e+01"],
    )
    assert scale.powers(*scale.decades([-0.5], -2.0), zero=False) == ([-1.0, 0.0], ["1e-01", "1"])


def test_many_decades_have_few_marks():
    ticks, _ = scale.powers(*scale.decades([-299.5, 299.5], -301.0), zero=False)
    assert 4 <= len(ticks) <= 7
