"""What one reader refuses, the other refuses: cut off, flipped, and changed with checksums that fit."""

import json
import random
from pathlib import Path

import checks
import damage
import pytest
import support
from reader import STATUSES, RangeFile, RefusedError, text

STATUS_WORDS = set(STATUSES.values())

# The words of "At open" in docs/FORMAT.md, and what `nameplate verify` says for them.
REASONS = {
    "empty": "is empty",
    "not a range file": "not a nameplate range file",
    "newer": "update nameplate",
    "cut off": "is cut off",
    "trailing bytes": "follow the end",
    "header damaged": "header is damaged",
    "section": "section ",
    # Padding and signature are no check of opening, so the document has no word for them.
    "damaged": "",
}


def refusal(data: bytes) -> str | None:
    """Why the second reader refuses a file, as one of the words above."""
    try:
        checks.verify(RangeFile(data))
    except RefusedError as refused:
        return refused.reason
    return None


@pytest.fixture
def judge(tmp_path):
    """Has both readers judge a file, alike, and gives the reason; none where the file is right."""
    path = tmp_path / "damaged.npl"

    def judge(data: bytes, what: str) -> str | None:
        path.write_bytes(data)
        done = support.run("verify", path)
        reason = refusal(data)
        if reason is None:
            assert (done.returncode, done.stderr) == (0, ""), (what, "the second reader finds nothing wrong")
        else:
            complaint = support.error_line(done)
            expected = REASONS["section" if reason.startswith("section") else reason]
            assert expected in complaint, (what, reason, complaint)
        return reason

    return judge


def test_the_file_before_the_damage_is_right(small, judge):
    assert judge(small, "nothing") is None
    assert judge(damage.reseal(bytearray(small)), "nothing, sealed anew") is None


def test_a_file_that_is_cut_off_is_refused(small, judge):
    for what, data in damage.cut_off(small):
        assert judge(data, what) in ("empty", "cut off"), what


def test_a_file_with_something_behind_it_is_refused(small, judge):
    for tail in (b"\0", b"\0" * 64, small):
        assert judge(small + tail, "a tail") == "trailing bytes"


def test_no_flipped_bit_goes_unseen(small, judge):
    for what, data in damage.flipped(small, 300, random.Random("flipped bits")):
        assert judge(data, what) is not None, what


def test_both_judge_alike_of_a_changed_record(small, judge):
    verdicts = {judge(data, what) for what, data in damage.changed(small, 500, random.Random("records"))}
    # Some changes leave a right file, as another letter in a name does: both must see that too.
    assert verdicts == {None, "section damaged"}


def test_both_judge_alike_of_a_changed_table(small, judge):
    verdicts = {judge(data, what) for what, data in damage.table_changed(small, 400, random.Random("table"))}
    assert verdicts >= {None, "newer", "header damaged", "cut off", "section missing", "section damaged"}


@pytest.mark.parametrize(
    ("at", "number", "reason"),
    [
        (0, 0x88, "not a range file"),
        (8, 0, "header damaged"),
        (8, 2, "newer"),
        (16, 0, "trailing bytes"),
    ],
    ids=["magic", "version 0", "version 2", "length 0"],
)
def test_the_header_s_fields_have_their_own_words(small, judge, at, number, reason):
    data = bytearray(small)
    data[at : at + 1] = bytes([number])
    data[at + 1 : at + 4] = bytes(3) if at else data[1:4]
    assert judge(damage.reseal(data), reason) == reason


def test_sections_of_unknown_kinds_are_passed_over(small, judge):
    """Both indexes under a number that nobody knows: a file without them."""
    data = bytearray(small)
    for number, entry in enumerate(damage.table(small)):
        if entry.name in ("V4_RANK", "V6_TREE"):
            at = 192 + 64 * number
            data[at : at + 4] = (entry.kind + 1000).to_bytes(4, "little")
    data = damage.reseal(data)
    assert judge(data, "unknown kinds") is None
    with_indexes, without = RangeFile(small), RangeFile(data)
    assert not without.has_v4_rank
    assert not without.has_v6_tree
    for address in ("8.8.8.8", "2001:db8::", "2606:4700::"):
        assert without.lookup(address) == with_indexes.lookup(address)


def addresses_of(file: RangeFile) -> list[str]:
    v4 = [text(4, start) for start in file.v4_starts]
    return v4 + [text(6, file.v6_start(index)) for index in range(len(file.v6_high))]


def ask(path: Path, addresses: list[str]) -> list[str]:
    lines = "".join(f"{address}\n" for address in addresses)
    return support.run_ok("lookup", "--db", path, "--json", "-", stdin=lines).splitlines()


def test_what_is_not_there_is_unknown_to_both_in_a_file_that_nobody_verified(small, tmp_path):
    """ "At every access": ids, kinds, sources and strings that do not exist, with the intervals intact."""
    addresses = [a for a in addresses_of(RangeFile(small)) if not a.startswith("::ffff:")]
    names = {"V4_ANSWERS", "V6_ANSWERS", "ANSWERS", "COMPANIES", "OPERATORS", "SOURCES", "STRINGS"}
    path = tmp_path / "damaged.npl"
    differing = 0
    untouched = [RangeFile(small).lookup(address) for address in addresses]
    for what, data in damage.changed(small, 100, random.Random("accesses"), names):
        try:
            file = RangeFile(data)
        except RefusedError:
            # Record 0 of ANSWERS, which opening looks at.
            continue
        path.write_bytes(data)
        expected = [file.lookup(address) for address in addresses]
        assert [json.loads(line) for line in ask(path, addresses)] == expected, what
        differing += expected != untouched
    assert differing > 25, "the damage is not where lookups read"


def test_intervals_that_are_out_of_order_make_neither_reader_fail(small, tmp_path):
    """A wrong answer is allowed, one that is none is not."""
    addresses = addresses_of(RangeFile(small))
    names = {"V4_STARTS", "V6_STARTS_HIGH", "V6_STARTS_LOW", "V6_LOW_MARKS", "V4_RANK", "V6_TREE"}
    path = tmp_path / "damaged.npl"
    for what, data in damage.changed(small, 100, random.Random("order"), names):
        try:
            file = RangeFile(data)
        except RefusedError:
            continue
        path.write_bytes(data)
        for address in addresses:
            for by_index in (False, True):
                assert file.lookup(address, by_index=by_index)["status"] in STATUS_WORDS, what
        answers = [json.loads(line) for line in ask(path, addresses)]
        assert len(answers) == len(addresses)
        assert all(answer["status"] in STATUS_WORDS for answer in answers), what
