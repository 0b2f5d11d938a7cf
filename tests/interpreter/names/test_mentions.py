"""Which words of a sentence name something in this home, and what the model sees in their place."""

from __future__ import annotations

import pytest

from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.language.prompt import MARKERS
from custom_components.batti.interpreter.names.index import NameIndex
from custom_components.batti.interpreter.names.mentions import Marked, Mention
from custom_components.batti.interpreter.words.fold import fold

HOME = Home.from_dict(
    {
        "floors": [
            {"floor_id": "g", "name": "Ground floor", "level": 0},
            {"floor_id": "u", "name": "First floor", "level": 1},
        ],
        "areas": [
            {"area_id": "kitchen", "name": "Kitchen", "floor_id": "g"},
            {"area_id": "hall", "name": "बैठक", "floor_id": "g"},
            {"area_id": "bed1", "name": "Bedroom 1", "floor_id": "u"},
            {"area_id": "bed2", "name": "Bedroom 2", "floor_id": "u"},
            {"area_id": "ramesh", "name": "Ramesh ko Kotha", "floor_id": "u"},
            {"area_id": "z", "name": "Zorbak", "aliases": ["Neela Akash"]},
        ],
        "lights": [
            {"entity_id": "light.k", "name": "Kitchen Ceiling", "area_id": "kitchen"},
            {"entity_id": "light.t1", "name": "Table Lamp", "area_id": "bed1"},
            {"entity_id": "light.t2", "name": "Table Lamp", "area_id": "bed2"},
            {"entity_id": "light.j", "name": "Jhyaure", "area_id": "hall"},
            {"entity_id": "light.h1", "name": "Light 1", "area_id": "hall"},
            {"entity_id": "light.h2", "name": "Light 2", "area_id": "hall"},
        ],
    }
)


def mark(text: str, home: Home = HOME) -> Marked:
    return NameIndex(home).mark(fold(text))


def words_of(marked: Marked, mention: Mention) -> str:
    """The folded words that a mention consists of."""
    return " ".join(word.text for word in marked.folded.words[mention.first : mention.last + 1])


def named(text: str, home: Home = HOME) -> dict[str, set[str]]:
    """What each marked stretch stands for."""
    marked = mark(text, home)
    return {words_of(marked, mention): {thing.id for thing in mention.things} for mention in marked.mentions}


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("bhansa ko batti bala", {"bansa": {"kitchen"}}),
        ("भान्साकोठाको बत्ती", {"bansakota": {"kitchen"}}),
        ("kichan ko light", {"kichan": {"kitchen"}}),
        ("baithak ra living room", {"baitak": {"hall"}, "libing rum": {"hall"}}),
        ("ramesh ko kotha ma", {"rames ko kota": {"ramesh"}}),
        ("Ramesh's room please", {"rames s rum": {"ramesh"}}),
        ("rameshko batti", {"rames": {"ramesh"}}),
        ("zorbak ko, neela akash ko", {"jorbak": {"z"}, "nila akas": {"z"}}),
        ("zorbakk lai", {"jorbak": {"z"}}),
        ("jorbaak lai", {"jorbak": {"z"}}),
        ("sutne kotha 2 ko batti", {"sutne kota 2": {"bed2"}}),
        ("2 number bedroom", {"2 number bedrum": {"bed2"}}),
        ("bedroom ko batti", {"bedrum": {"bed1", "bed2"}}),
        ("बेडरुम टु को लाइट", {"bedarum tu": {"bed2"}}),
        ("bedroom 1 ra 2 ko", {"bedrum 1": {"bed1"}, "2": {"bed2"}}),
        ("bedroom 1 ra 40% ma, 2 minute", {"bedrum 1": {"bed1"}}),
        ("table lamp nibhau", {"table lamp": {"light.t1", "light.t2"}}),
        ("bedroom 1 ko table lamp", {"bedrum 1 ko table lamp": {"light.t1"}}),
        ("the table lamp in bedroom 2", {"table lamp in bedrum 2": {"light.t2"}}),
        ("स्टडी होइन, टेबल ल्याम्प", {"tebal lyamp": {"light.t1", "light.t2"}}),
        ("jhyaure bala", {"jyaure": {"light.j"}}),
        ("jhyaurey bala", {"jyaure": {"light.j"}}),
        ("pahilo talla ko batti", {"pahilo tala": {"u"}}),
        ("mathillo talla, भुइँ तल्ला", {"matilo tala": {"u"}, "bui tala": {"g"}}),
        ("baithak ko batti 2 nibhau", {"baitak ko bati 2": {"light.h2"}}),
        ("kitchen ceiling", {"kichen seiling": {"light.k"}}),
        ("garage ko batti bala na ta", {}),
        ("sabai batti nibhaideu, dherai ujyalo bhayo", {}),
        ("gardinus garnuhos banda jati haru ma", {}),
    ],
)
def test_names(text: str, things: dict[str, set[str]]) -> None:
    assert named(text) == things


def test_a_whole_name_comes_before_a_shorter_form() -> None:
    home = Home.from_dict(
        {"areas": [{"area_id": "a", "name": "Bedroom"}, {"area_id": "b", "name": "Guest Bedroom"}]},
    )
    assert named("bedroom ko batti", home) == {"bedrum": {"a"}}


def test_a_whole_name_is_that_light_even_if_it_is_called_after_its_room() -> None:
    """But what everybody calls the lights of the room is the room."""
    home = Home.from_dict(
        {
            "areas": [{"area_id": "hall", "name": "Hall"}],
            "lights": [
                {"entity_id": "light.a", "name": "Hall Light", "area_id": "hall"},
                {"entity_id": "light.b", "name": "Hall Lamp", "area_id": "hall"},
            ],
        }
    )
    assert named("hall light off", home) == {"hal ligt": {"light.a"}}
    assert named("hall ko batti off", home) == named("hall batti off", home) == {"hal": {"hall"}}
    assert named("hall lamp off", home) == {"hal lamp": {"light.b"}}


def test_markers_stand_for_names_in_the_order_said() -> None:
    marked = mark("Bhansa ra baithak ko batti bala!")
    assert marked.text == "A ra B ko bati bala ."
    assert {label: mention.things[0].id for label, mention in marked.labels.items()} == {"A": "kitchen", "B": "hall"}


def test_a_name_of_several_words_is_one_marker() -> None:
    assert mark("ramesh ko kotha ko, bedroom 1 ko table lamp ani neela akash").text == "A ko , B ani C"


def test_the_same_words_have_the_same_marker() -> None:
    """Other words for the same thing have their own."""
    marked = mark("bhansa ko bala, zorbak ko pani, ani bhansa ko nibhau, kitchen ko")
    assert marked.text == "A ko bala , B ko pani , ani A ko nibau , C ko"
    assert [mention.label for mention in marked.mentions] == ["A", "B", "A", "C"]
    assert list(marked.labels) == ["A", "B", "C"]
    assert marked.labels["A"].things == marked.labels["C"].things


def test_letters_that_somebody_types_are_no_markers() -> None:
    """Folded words are never upper case, so a sentence cannot name what it does not say."""
    marked = mark("A ra B ko, Q ko, bhansa ko")
    assert marked.text == "a ra b ko , k ko , A ko"
    assert list(marked.labels) == ["A"]


def test_more_names_than_markers() -> None:
    """The last ones stay words; one that was said before still has its marker."""
    rooms = [f"room {number}" for number in range(101, 101 + len(MARKERS) + 2)]
    home = Home.from_dict({"areas": [{"area_id": room, "name": room} for room in rooms]})
    marked = mark(", ".join([*rooms, rooms[0], rooms[-1]]), home)
    assert marked.text == " , ".join([*MARKERS, "rum 117", "rum 118", "A", "rum 118"])
    assert list(marked.labels) == list(MARKERS)
    assert marked.labels["P"].things[0].id == "room 116"


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("A", "Bhaanchaa"),  # the first of two
        ("B", "Ramesh-ko Kothaa"),
        ("te B bati", "the Ramesh-ko Kothaa batti"),
        ("A ra te", "Bhaanchaa ra the"),
        ("garage", "Garage"),
        ("B A", None),  # not side by side
        ("bancha", None),  # the model does not see it
        ("C", None),
        ("", None),
    ],
)
def test_what_was_typed_where_the_model_sees_a_marker(name: str, typed: str | None) -> None:
    marked = mark("Bhaanchaa ra the Ramesh-ko Kothaa batti, bhaanchaa, Garage")
    assert marked.text == "A ra te B bati , A , garage"
    assert marked.as_typed(name) == typed


def test_the_words_that_the_model_sees_between_two_others() -> None:
    """A name is its marker, also where only a part of it lies between them; punctuation is left out."""
    marked = mark("garage, ramesh ko kotha ko batti")
    assert str(marked.folded) == "garage , rames ko kota ko bati"
    assert marked.words_between(0, 6) == ["garage", "A", "ko", "bati"]
    assert marked.words_between(0, 2) == ["garage", "A"]
    assert marked.words_between(3, 3) == ["A"]
    assert marked.words_between(4, 5) == ["A", "ko"]
    assert marked.words_between(1, 1) == []


def test_a_home_with_nothing_in_it() -> None:
    assert mark("bhansa ko batti bala", Home()).mentions == ()


NEAR = Home.from_dict(
    {
        "areas": [
            {"area_id": "bath", "name": "Bathroom"},
            {"area_id": "rest", "name": "Bishram"},
            {"area_id": "hall", "name": "Hall"},
        ],
        "lights": [
            {"entity_id": "light.desk", "name": "Desk Lamp", "area_id": "rest"},
            {"entity_id": "light.stage", "name": "Stage", "area_id": "hall"},
            {"entity_id": "light.ceiling", "name": "Ceiling light", "area_id": "hall"},
        ],
    }
)


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("toilet ko batti bala", {"toilet": {"bath"}}),  # a kind that is near, where there is no such room
        ("bishram kotha ko batti", {"bisram kota": {"rest"}}),
        ("desklamp toggle gara", {"desklamp": {"light.desk"}}),
        ("ceiling rato gara", {"seiling": {"light.ceiling"}}),
        ("hall ma stage bahek sabai nibhau", {"hal": {"hall"}, "stage": {"light.stage"}}),
        ("hall ma stage nibhau", {"hal ma stage": {"light.stage"}}),
    ],
)
def test_names_in_other_words(text: str, things: dict[str, set[str]]) -> None:
    assert named(text, NEAR) == things


@pytest.mark.parametrize(
    ("label", "thing"),
    [
        ("A", "bath"),
        ("te A", "bath"),
        ("A ligt", "bath"),
        ("te A ligt", "bath"),
        ("te A ligt and te B", None),  # which of the two?
        ("bisram kota ko B", None),  # words that say something else
        ("te hal", None),
        ("te C", None),  # no marker of this sentence
        ("te", None),
    ],
)
def test_a_stretch_that_comes_down_to_one_mention(label: str, thing: str | None) -> None:
    marked = mark("turn on the bathroom light and the desk lamp", NEAR)
    assert marked.text == "turn on te A ligt and te B"
    mention = marked.named_by(label)
    assert (mention.things[0].id if mention else None) == thing


@pytest.mark.parametrize(
    ("said", "text", "label"),
    [
        ("hall ko desk lamp bala", "A ko desk lamp bala", "A ko desk lamp"),
        ("hall desk lamp bala", "A desk lamp bala", "A desk lamp"),
        ("desk lamp in the hall", "desk lamp in te A", "desk lamp in te A"),
    ],
)
def test_a_lamp_with_a_place_it_is_not_in_is_no_mention(said: str, text: str, label: str) -> None:
    """The model copies the words, and the house has no such lamp."""
    marked = mark(said, NEAR)
    assert [mention.things[0].id for mention in marked.mentions] == ["hall"]
    assert marked.text == text
    assert marked.named_by(label) is None
    assert marked.mention_of(label) is None


def test_a_lamp_and_a_place_that_are_not_said_as_one() -> None:
    assert named("hall ra desk lamp bala", NEAR) == {"hal": {"hall"}, "desk lamp": {"light.desk"}}


@pytest.mark.parametrize(
    ("said", "plural"),
    [
        ("table lamp nibhau", False),
        ("table lamps nibhau", True),
        ("table lamp haru nibhau", True),
        ("dubai table lamp", True),
        ("both the table lamps", True),
        ("bedroom ko batti", False),
        ("bedrooms", True),
        ("sabai bedroom", True),
        ("sabai bedroom 1", False),  # there is one only
    ],
)
def test_several_things_are_meant(said: str, plural: bool) -> None:
    (mention,) = mark(said).mentions
    assert mention.plural is plural


def test_a_kind_in_the_plural() -> None:
    """Also where the lexicon has the plural as a spelling."""
    lamps = [{"entity_id": f"light.{n}", "name": "Lamp"} for n in (1, 2)]
    for said in ("lamps", "lamp haru", "ल्याम्पहरू"):
        (mention,) = mark(said, Home.from_dict({"lights": lamps})).mentions
        assert (len(mention.things), mention.plural) == (2, True), said


@pytest.mark.parametrize("said", ["batti 2 nibhau", "light number 2", "2 ota batti", "table lamp, batti 2"])
def test_a_light_that_is_only_a_number_needs_its_place(said: str) -> None:
    home = Home.from_dict(
        {
            "areas": [{"area_id": "hall", "name": "Hall"}, {"area_id": "bed", "name": "Bedroom"}],
            "lights": [{"entity_id": f"light.h{n}", "name": f"Hall Light {n}", "area_id": "hall"} for n in (1, 2)],
        }
    )
    assert named(said, home) == {}
    assert named("hall ko batti 2 nibhau", home) == {"hal ko bati 2": {"light.h2"}}
    assert named("batti 2 in the hall", home) == {"bati 2 in te hal": {"light.h2"}}
    assert not any(mention.needs_place for mention in mark("hall ko batti 2", home).mentions)
    assert NameIndex(home).nearest(["bati", "2"]) is None


@pytest.mark.parametrize(
    ("label", "things"),
    [
        ("A", {"kitchen"}),
        ("te A ligt", {"kitchen"}),
        ("bedrum 2", {"bed2"}),  # copied, though the sentence has no such mention
        ("table lamp", {"light.t1", "light.t2"}),
        ("jorbok", {"z"}),
        ("bedrum 2 ko garaj", None),  # only a part of it is a name
        ("garaj", None),
        ("A ko jorbak", None),  # a marker with words that say something else
    ],
)
def test_what_a_label_means(label: str, things: set[str] | None) -> None:
    mention = mark("bhansa ko batti bala").mention_of(label)
    assert (mention and {thing.id for thing in mention.things}) == things


def test_names_that_nobody_knows_mean_nothing() -> None:
    marked = Marked(fold("jorbak bala"), ())
    assert marked.mention_of("jorbak") is None
    assert marked.names is None
    index = NameIndex(HOME)
    marked = index.mark(fold("jorbak bala"))
    assert marked.names is index
    assert marked == Marked(marked.folded, marked.mentions)  # they do not count in comparisons


@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        ("bedroom 2 40% ma", [("40", "40%")]),  # the 2 is a part of a name
        ("bhansa 40 percent, 5 minute", [("40", "40%"), ("5", "5")]),
        ("bhansa चालीस ma", [("40", "चालीस")]),
        ("0.4 ma, 33.5 %", [("40", "0.4"), ("34", "33.5%")]),
        ("bhansa bala", []),
    ],
)
def test_numbers_that_are_no_names(said: str, numbers: list[tuple[str, str]]) -> None:
    assert mark(said).numbers() == numbers


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("Garage ko sabai nibhau", "Garage"),
        ("everything in the Attic", "Attic"),
        ("तेस्रो तल्ला sabai", "तेस्रो तल्ला"),
        ("turn everything off downstairs", "downstairs"),
        ("garage sabai", None),  # said in passing
        ("office bhari nibhau", None),  # the house
        ("sabai batti nibhau", None),
        ("ghar ko sabai", None),
        ("kotha ko sabai", None),
        ("Hall ko sabai", None),  # the home has it
    ],
)
def test_a_place_that_the_home_has_not(said: str, place: str | None) -> None:
    assert mark(said, NEAR).place_left_over() == place


def test_the_same_word_for_another_thing_has_another_marker() -> None:
    areas = [{"area_id": f"{kind}{n}", "name": f"{kind} {n}"} for kind in ("Bedroom", "Hall") for n in (1, 2, 3)]
    marked = NameIndex(Home.from_dict({"areas": areas})).mark(fold("bedroom 1 ra 3 bala, hall 2 ra 3 nibhau"))
    assert marked.text == "A ra B bala , C ra D nibau"
    assert [mention.things[0].id for mention in marked.mentions] == ["Bedroom1", "Bedroom3", "Hall2", "Hall3"]
