"""Files in the console: taken in with what the notice says, refused with their sentence, put right in the editor."""

from __future__ import annotations

import html

from sqlalchemy import insert, select

from hq_server.db.file_tables import file_profiles, received_files
from hq_server.db.reference_tables import staff
from hq_server.files.profiles import shipped_documents
from hq_server.reference.staff import Role, StaffMember
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import FINANCE, Counter
from tests.hq_server.files.test_layouts import SAMPLE
from tests.hq_server.people import _QUICK_HASH, MAKER, NOON
from tests.outside.layout_writers import PARTY, Written, end_mark, footer_totals


def send(browser: Browser, path: str, written: Written, **fields: str):
    token = {"csrf": browser.token}
    return browser.send("POST", path, data={**token, **fields}, files={"upload": (written.name, written.content)})


def files(counter: Counter):
    with counter.engine.connect() as connection:
        return connection.execute(select(received_files).order_by(received_files.c.file_no)).all()


def test_a_file_is_taken_in_with_the_totals_of_its_notice_and_listed(browser: Browser, counter: Counter) -> None:
    browser.sign_in(FINANCE)
    browser.get("/files")
    written = end_mark(SAMPLE)
    without = send(browser, "/files", written)
    assert without.status_code == 409
    assert "请按对方通知单填写 charge, count, net" in without.text
    stated = {"count": "3", "net": "1000071.59", "charge": "0.36"}
    wrong = send(browser, "/files", written, **{**stated, "net": "1000071.60"})
    assert "总分不符：net 写明 1000071.60 yuan，明细合计为 1000071.59 yuan" in html.unescape(wrong.text)
    assert send(browser, "/files", written, **stated).headers["location"] == "/console/files?done=taken"
    assert [(one.state, one.net_fen, one.imported_by) for one in files(counter)] == [
        ("REFUSED", 0, FINANCE.staff_no),
        ("ACCEPTED", 100_007_159, FINANCE.staff_no),
    ]
    browser.get("/files?state=ACCEPTED")
    assert "1,000,071.59" in browser.page
    page = browser.get(f"/files/{files(counter)[1].file_no}")
    assert "510781-12-0a1b2c3d" in page.text
    assert browser.get(f"/files/{files(counter)[1].file_no}/content").content == written.content


def test_a_refused_file_is_put_right_in_the_editor_and_taken_again(browser: Browser, counter: Counter) -> None:
    browser.sign_in(MAKER)
    browser.get("/files")
    written = footer_totals(SAMPLE)
    other = Written(written.name, written.content.replace(b"HDR,", b"HEAD,").replace(b"DTL,", b"ROW,"))
    assert send(browser, "/files", other).status_code == 409
    (refused,) = files(counter)
    page = browser.get(f"/files/{refused.file_no}")
    assert "这里应为文件头 HDR，实为 HEAD" in page.text
    editor = f"/file-profiles/footer-totals?file={refused.file_no}"
    document = html.unescape(
        browser.get(editor).text.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0]
    )
    assert 'cells = ["HDR"' in document
    half = document.replace('"HDR"', '"HEAD"')
    live = "/file-profiles/footer-totals/preview"
    fields = {"csrf": browser.token, "file": str(refused.file_no)}
    shown = browser.send("POST", live, data={**fields, "document": half}, files={"upload": ("", b"")})
    assert "字段 =DTL 的内容" in shown.text or "字段 DTL 的内容" in shown.text
    whole = half.replace('"=DTL"', '"=ROW"')
    shown = browser.send("POST", live, data={**fields, "document": whole}, files={"upload": ("", b"")})
    assert "样本读得通" in shown.text
    assert "1,000,071.59" in shown.text
    browser.get(editor)
    put = browser.post("/file-profiles/footer-totals", deed="set", name="water", document=whole.replace("\n", "\r\n"))
    assert put.status_code == 303
    with counter.engine.connect() as connection:
        kept = connection.execute(select(file_profiles).where(file_profiles.c.name == "water")).one()
    assert (kept.version, kept.set_by, kept.document) == (1, MAKER.staff_no, whole)
    browser.get(editor)
    assert browser.post("/file-profiles/footer-totals", deed="set", document=whole).status_code == 303
    browser.get(f"/files/{refused.file_no}")
    assert browser.post(f"/files/{refused.file_no}").headers["location"] == "/console/files?done=taken"
    assert [(one.state, one.party_code) for one in files(counter)][-1] == ("ACCEPTED", PARTY)


def test_a_profile_that_is_none_is_refused_with_its_sentence_and_what_was_typed_stays(browser: Browser) -> None:
    browser.sign_in(MAKER)
    browser.get("/file-profiles/default-1")
    refused = browser.post("/file-profiles/default-1", deed="set", document='title = ["a", "b"]\ntypo = 1')
    assert refused.status_code == 409
    assert "不认识 typo" in refused.text
    assert "typo = 1" in refused.text


def test_an_auditor_sees_everything_tries_a_sample_and_changes_nothing(browser: Browser, counter: Counter) -> None:
    auditor = StaffMember(41, "李四", Role.AUDITOR)
    row = {"staff_no": auditor.staff_no, "name": auditor.name, "role": auditor.role.value, "created_at": NOON}
    with counter.engine.begin() as connection:
        connection.execute(insert(staff).values(**row, password_hash=_QUICK_HASH))
    browser.sign_in(auditor)
    assert browser.get("/files").status_code == 200
    document = browser.get("/file-profiles/footer-totals").text
    assert "设为现行" not in document
    sample = footer_totals(SAMPLE)
    live = send(browser, "/file-profiles/footer-totals/preview", sample, document=shipped_documents()["footer-totals"])
    assert "样本读得通" in live.text
    browser.get("/files")
    assert send(browser, "/files", sample).status_code == 403
    assert files(counter) == []
