from engine.errors import LiteError, SourceError


def test_wire_form_of_an_error_without_hint() -> None:
    assert LiteError("It failed.").to_wire() == {
        "name": "LiteError",
        "message": "It failed.",
        "hint": "",
    }


def test_wire_form_of_a_source_error_names_the_source() -> None:
    error = SourceError("x.csv is empty.", source="x.csv", hint="Fill it.")
    assert error.to_wire() == {
        "name": "SourceError",
        "message": "x.csv is empty.",
        "hint": "Fill it.",
        "source": "x.csv",
    }


def test_text_of_an_error_is_its_message() -> None:
    error = SourceError("x.csv is empty.", source="x.csv")
    assert str(error) == error.message == "x.csv is empty."
    assert isinstance(error, LiteError)
