"""`--model FOLDER/FILE.py:FUNCTION`: the file is found wherever it lies; a missing one is named."""

import pytest

from verify.errors import Unusable
from verify.inputs import model_files


def test_a_function_of_a_file_is_called(tmp_path):
    (tmp_path / "my_own_models.py").write_text("def net():\n    return 'a model'\n")
    assert model_files.load(f"{tmp_path}/my_own_models.py:net", trust=False).model == "a model"
    with pytest.raises(Unusable, match="AttributeError"):
        model_files.load(f"{tmp_path}/my_own_models.py:other", trust=False)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(Unusable, match=r"there is no file .*none\.py"):
        model_files.load(f"{tmp_path}/none.py:net", trust=False)
