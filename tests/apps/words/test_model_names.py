"""Short names of models: no two alike."""

from apps.words.model_names import short_names


def test_models_of_one_name_keep_the_whole_of_theirs() -> None:
    assert short_names(["one/vit", "two/resnet"]) == {"one/vit": "vit", "two/resnet": "resnet"}
    assert short_names(["one/vit", "C:\\two\\vit\\"]) == {"one/vit": "one/vit", "C:\\two\\vit\\": "C:\\two\\vit\\"}
