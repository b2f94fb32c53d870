"""What packaging/doc/interop.md says about other people's routers, beyond the table: it should not be hearsay."""

import time

import pytest

from pair import HIGH, LOW, OURS, STARTING, THEIRS, Pair, cell_of

pytestmark = pytest.mark.full

ONE, ANOTHER = "192.0.2.100/32", "192.0.2.101/32"


@pytest.mark.parametrize("name", [f"{peer} v3 IPv4 {transport}" for peer, transport in (
    ("keepalived", "unicast"), ("keepalived", "multicast"), ("FRR", "multicast"))])
def test_the_checksum_of_the_message_only_is_refused(needs_root: None, name: str) -> None:
    with Pair(cell_of(name), higher=OURS, changes={"checksum": "message-only"}) as pair:
        ends_with_two_owners(pair)


@pytest.mark.parametrize("theirs", [[ONE, ANOTHER], [ANOTHER]], ids=["more", "others"])
def test_keepalived_refuses_adverts_with_other_addresses(needs_root: None, theirs: list[str]) -> None:
    with Pair(cell_of("keepalived v3 IPv4 multicast"), higher=OURS, addresses={THEIRS: theirs}) as pair:
        ends_with_two_owners(pair)


def test_keepalived_takes_addresses_in_any_order(needs_root: None) -> None:
    with Pair(cell_of("keepalived v3 IPv4 multicast"), higher=THEIRS,
              addresses={OURS: [ANOTHER, ONE], THEIRS: [ONE, ANOTHER]}) as pair:
        pair.start(OURS, HIGH)
        pair.start(THEIRS, LOW)
        pair.settles(OURS, timeout=pair.cell.down(LOW) + 2 * STARTING)


def test_we_believe_adverts_with_other_addresses(needs_root: None) -> None:
    with Pair(cell_of("keepalived v3 IPv4 multicast"), higher=OURS, addresses={THEIRS: [ONE, ANOTHER]}) as pair:
        pair.start(THEIRS, HIGH)
        pair.start(OURS, LOW)
        pair.settles(THEIRS, timeout=pair.cell.down(LOW) + 2 * STARTING)


def test_a_wrong_password_silences_a_master_of_keepalived(needs_root: None) -> None:
    with Pair(cell_of("keepalived v2 password unicast"), higher=OURS, their_password="other") as pair:
        ends_with_two_owners(pair)
        begin = time.monotonic()
        time.sleep(4 * pair.cell.interval)
        assert len(pair.wire.adverts(OURS, begin)) >= 3
        assert len(pair.wire.adverts(THEIRS, begin)) <= 1  # one may be under way
        assert pair.state(THEIRS) == "active"


def ends_with_two_owners(pair: Pair) -> None:
    """Ours is there first and theirs does not believe it."""
    pair.start(OURS, HIGH)
    pair.wait_for_answer(OURS, 0, pair.cell.down(HIGH) + 2 * STARTING)
    pair.start(THEIRS, LOW)
    pair.wait_for_states("active", "active", timeout=pair.cell.down(LOW) + 2 * STARTING)
