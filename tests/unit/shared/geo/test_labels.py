"""Names on a drawn map: readable, or not there."""

from hypothesis import given
from hypothesis import strategies as st

from shared.geo.labels import Box, around, beside, broken_in_two, readable

FRAME = Box(0, 0, 288, 288)
NAMES = st.text("abcdefgh ", min_size=1, max_size=30).filter(str.strip)
SPOTS = st.lists(st.tuples(st.floats(-50, 350), st.floats(-50, 350), NAMES), max_size=20)


@given(spots=SPOTS, areas=SPOTS)
def test_no_name_lies_on_another_or_on_the_pin_or_runs_off_the_picture(spots, areas):
    pin = Box(132, 110, 156, 144)
    wanted = [beside(x, y, name, size=12, gap=5) for x, y, name in spots]
    wanted += [around(x, y, name, size=11) for x, y, name in areas]

    boxes = [label.box for label in readable(wanted, frame=FRAME, taken=[pin]) if label]

    assert all(FRAME.holds(box) and not box.touches(pin) for box in boxes)
    assert not any(one.touches(other) for number, one in enumerate(boxes) for other in boxes[:number])


def test_who_comes_first_stays_where_it_is_best():
    first, second = (around(144, 144, name, size=11) for name in ("Everton", "Anfield"))

    assert readable([first, second], frame=FRAME)[0] == first[0]
    assert readable([first], frame=FRAME) == readable([first], frame=FRAME)


def test_a_name_that_is_too_wide_is_broken_and_one_without_room_left_out():
    wide = around(60, 100, "Kensington and Fairfield", size=11)

    broken, none = readable([wide, wide], frame=Box(0, 85, 120, 115))

    assert broken.lines == ("Kensington", "and Fairfield")
    assert none is None


def test_a_name_at_the_right_edge_stands_left_of_its_spot():
    label = readable([beside(280, 100, "Park Road", size=12, gap=5)], frame=FRAME)[0]

    assert label.anchor == "end"
    assert label.box.right < 280


def test_one_word_is_not_broken():
    assert broken_in_two("Everton") == ("Everton",)
    assert broken_in_two("Croxteth and West Derby") == ("Croxteth and", "West Derby")
