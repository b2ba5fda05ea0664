from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine, text

from hq_server.audit import AuditTag, entries, staff_actor
from hq_server.reference.staff import Deed, Role, StaffMember, add_staff, may, sign_in
from hq_server.staff_desk import close, open_account
from hq_server.wording import RefusedError
from tests.hq_server.people import ADMIN, MAKER, NOON, PASSWORD, SECOND, SteppingClock, add_people


class TestSigningIn:
    def test_the_right_password_gives_the_person(self, engine: Engine) -> None:
        add_people(engine)
        assert sign_in(engine, 11, PASSWORD, NOON) == MAKER

    def test_a_wrong_password_and_an_unknown_number_are_refused_with_the_same_sentence(self, engine: Engine) -> None:
        add_people(engine)
        with pytest.raises(RefusedError) as wrong:
            sign_in(engine, 11, "wrong", NOON)
        with pytest.raises(RefusedError) as unknown:
            sign_in(engine, 999, PASSWORD, NOON)
        assert wrong.value.sentence == unknown.value.sentence

    def test_five_failures_lock_the_account_for_a_quarter_of_an_hour_even_for_the_right_password(
        self, engine: Engine
    ) -> None:
        add_people(engine)
        clock = SteppingClock()
        for _ in range(5):
            with pytest.raises(RefusedError, match="wrong"):
                sign_in(engine, 11, "wrong", clock())
        with pytest.raises(RefusedError, match="try again in 15 minutes"):
            sign_in(engine, 11, PASSWORD, clock())
        clock.step(minutes=15)
        assert sign_in(engine, 11, PASSWORD, clock()).staff_no == 11

    def test_failures_at_once_are_all_counted(self, engine: Engine) -> None:
        add_people(engine)
        outcomes: list[str] = []

        def attempt() -> None:
            try:
                sign_in(engine, 11, "wrong", NOON)
            except RefusedError as error:
                outcomes.append(error.code)

        threads = [threading.Thread(target=attempt) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["locked"] * 3 + ["sign_in"] * 5

    def test_no_password_is_kept_or_noted(self, engine: Engine) -> None:
        add_people(engine)
        with pytest.raises(RefusedError):
            sign_in(engine, 11, "a secret typo", NOON)
        with engine.connect() as connection:
            stored = "".join(connection.scalars(text("SELECT s::text FROM staff s")))
            noted = "".join(connection.scalars(text("SELECT a::text FROM audit_entries a")))
        assert PASSWORD not in stored + noted
        assert "a secret typo" not in stored + noted


class TestAddingStaff:
    def test_the_first_account_administers_and_every_later_one_takes_an_administrator(self, engine: Engine) -> None:
        with engine.begin() as connection:
            with pytest.raises(RefusedError, match="must be a SYS_ADMIN"):
                add_staff(connection, None, MAKER, PASSWORD, NOON)
            add_staff(connection, None, ADMIN, PASSWORD, NOON)
            with pytest.raises(RefusedError, match="takes an administrator"):
                add_staff(connection, None, MAKER, PASSWORD, NOON)
            with pytest.raises(RefusedError, match="may not do this"):
                add_staff(connection, MAKER, StaffMember(20, "李四", Role.ECOM), PASSWORD, NOON)
            with pytest.raises(RefusedError, match="at least 8"):
                add_staff(connection, ADMIN, MAKER, "short", NOON)
            add_staff(connection, ADMIN, MAKER, PASSWORD, NOON)
            with pytest.raises(RefusedError, match="exists already"):
                add_staff(connection, ADMIN, MAKER, PASSWORD, NOON)
            assert [row.tag for row in entries(connection)] == [AuditTag.STAFF_ADDED] * 2

    def test_a_guess_at_the_password_costs_what_the_settings_say(self, engine: Engine) -> None:
        with engine.begin() as connection:
            add_staff(connection, None, ADMIN, PASSWORD, NOON, password_memory_mib=19)
            kept = connection.scalar(text("SELECT password_hash FROM staff"))
        assert "$m=19456," in str(kept)
        assert sign_in(engine, ADMIN.staff_no, PASSWORD, NOON) == ADMIN


class TestOpeningAtTheMachine:
    """An administrator who opened accounts alone could act as two people."""

    def test_takes_two_people_once_there_was_a_second_one(self, engine: Engine) -> None:
        office, more = StaffMember(2, "赵六", Role.GENERAL_OFFICE), StaffMember(3, "王五", Role.SYS_ADMIN)

        def open_(member: StaffMember, first: StaffMember | None, second: StaffMember | None = None) -> None:
            with engine.begin() as connection:
                open_account(connection, (first, second), member, PASSWORD, NOON, password_memory_mib=19)

        open_(ADMIN, None)
        with pytest.raises(RefusedError, match="takes two people"):
            open_(MAKER, ADMIN)
        open_(office, ADMIN)
        for alone in (MAKER, more):  # not even one who could be the second person
            with pytest.raises(RefusedError, match="takes two people"):
                open_(alone, ADMIN)
        with pytest.raises(RefusedError, match="takes a second person"):
            open_(MAKER, ADMIN, ADMIN)
        open_(MAKER, ADMIN, office)
        with pytest.raises(RefusedError, match="may not do this"):
            open_(SECOND, ADMIN, MAKER)
        with pytest.raises(RefusedError, match="may not do this"):
            open_(SECOND, office, ADMIN)
        with engine.begin() as connection:
            close(connection, ADMIN, office.staff_no, NOON)
        with pytest.raises(RefusedError, match="takes two people"):
            open_(more, ADMIN)  # closing the second person's account makes nobody the only one again
        assert sign_in(engine, MAKER.staff_no, PASSWORD, NOON) == MAKER
        with engine.connect() as connection:
            noted = [(entry.tag, entry.actor) for entry in entries(connection)]
        assert ("staff.approved", staff_actor(office.staff_no)) in noted


class TestRights:
    def test_an_administrator_moves_no_money(self) -> None:
        money = {
            Deed.ENTER_CREDIT,
            Deed.APPROVE_CREDIT,
            Deed.PAY_COMMISSION,
            Deed.MAKE_COMMISSION_LIST,
            Deed.RESOLVE_BREAK,
        }
        assert not any(may(Role.SYS_ADMIN, deed) for deed in money)

    def test_no_role_both_makes_the_commission_list_and_pays_it(self) -> None:
        assert not any(may(role, Deed.MAKE_COMMISSION_LIST) and may(role, Deed.PAY_COMMISSION) for role in Role)

    def test_an_auditor_may_only_look(self) -> None:
        assert not any(may(Role.AUDITOR, deed) for deed in Deed)
