"""Compute what a formula in letters says, read as text: x_{1,k+1,m} · w(1)_{k,m,3} with the numbers of a trace.

It knows tensors' elements, numbers, +, -, ·, /, sums and maxima over letters, and parentheses. Any other formula raises
Unread. An element with an index that its tensor does not have counts as 0.
"""

import re
from fractions import Fraction

from reference.tensor_names import of_layer

TOKEN = re.compile(
    r"(?P<reduction>(Σ|max)_\{\w=1\.\.\d+\}) "
    r"|(?P<element>(∂C/∂)?[^\W\d_]['²]?(\(\d+\))?_(\{[^}]*\}|\w))"
    r"|(?P<number>\d+(\.\d+)?(e-\d+)?)"
    r"|(?P<sign> \+ | - | · | / |max\(|, |\(|\)|-)"
)
ELEMENT = re.compile(r"(?P<d>∂C/∂)?(?P<letter>[^\W\d_]['²]?)(\((?P<layer>\d+)\))?_\{?(?P<index>[^}]*)\}?")
QUANTITIES = {"y": "y", "ã": "D", "r": "M", "r'": "K", "γ": "gamma", "β": "shift", "μ": "mean", "σ²": "variance"}


class Unread(Exception):
    """The formula has something else in it."""


def value(text, case):
    """Return what the formula gives for the numbers of a case."""
    reader = _Reader(_tokens(text), case)
    result = reader.sum()
    if reader.position < len(reader.tokens):
        raise Unread(text)
    return result


def elements(text):
    """The elements in a formula, as they stand there."""
    return [token for kind, token in _tokens(text) if kind == "element"]


def _tokens(text):
    tokens, position = [], 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise Unread(text[position:])
        tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return tokens


class _Reader:
    def __init__(self, tokens, case):
        self.tokens, self.case, self.position, self.letters = tokens, case, 0, {}

    def next(self, *texts):
        """Step over the next token if it is one of these."""
        found = self.position < len(self.tokens) and self.tokens[self.position][1] in texts
        self.position += found
        return self.tokens[self.position - 1][1] if found else ""

    def sum(self):
        total = self.product()
        while sign := self.next(" + ", " - "):
            total += self.product() * (1 if sign == " + " else -1)
        return total

    def product(self):
        kind, token = self.tokens[self.position]
        if kind != "reduction":
            first = self.factor()
            if self.next(" / "):
                first /= self.factor()
            return first * self.product() if self.next(" · ") else first
        name, letter, last = re.fullmatch(r"(Σ|max)_\{(\w)=1\.\.(\d+)\}", token).groups()
        self.position += 1
        start, values = self.position, []
        for k in range(1, int(last) + 1):
            self.position, self.letters[letter] = start, k
            values.append(self.product())
        del self.letters[letter]
        return sum(values) if name == "Σ" else max(values)

    def factor(self):
        if self.next("-"):
            return -self.factor()
        if start := self.next("(", "max("):
            values = [self.sum()]
            while self.next(", "):
                values.append(self.sum())
            if not self.next(")") or (start == "(" and len(values) > 1):
                raise Unread(start)
            return max(values)
        kind, token = self.tokens[self.position]
        self.position += 1
        if kind == "number":
            return Fraction(token)
        if kind != "element":
            raise Unread(token)
        return self.element(token)

    def element(self, token):
        match = ELEMENT.fullmatch(token)
        quantity = QUANTITIES.get(match["letter"], match["letter"].upper())
        name = of_layer(quantity, int(match["layer"])) if match["layer"] else quantity
        array = self.case.array("d" * bool(match["d"]) + name)
        index = [self.index(text) for text in match["index"].split(",")]
        if array.ndim == 2 and len(index) == 1:
            index.insert(0, Fraction(1))
        exists = all(i.denominator == 1 and 1 <= i <= n for i, n in zip(index, array.shape, strict=True))
        return Fraction(float(array[tuple(int(i) - 1 for i in index)])) if exists else Fraction(0)

    def index(self, text):
        """2k+m-1, (5-k)/2"""
        numerator, _, under = text.partition("/")
        total = Fraction(0)
        for sign, number, letter in re.findall(r"([+-]?)(\d*)([a-z]?)", numerator.strip("()")):
            if number or letter:
                part = Fraction(number or 1) * (self.letters[letter] if letter else 1)
                total += -part if sign == "-" else part
        return total / int(under or 1)
