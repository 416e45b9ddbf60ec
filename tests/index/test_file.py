"""The file of an index: whose it is, what is refused, and threads and processes that use it."""

import os
import sqlite3
import stat
from multiprocessing import get_context
from pathlib import Path
from threading import Thread

import pytest

from maia_scim import BearerToken, MaiaScim
from maia_scim.index import Index, IndexRefused
from tests.index.people import AT, BABS, client, user

# -- The file -----------------------------------------------------------------


def test_it_is_there_the_next_time_and_private(file):
    with client() as maia:
        with Index.open(file, maia) as index:
            index.note(BABS, "user", AT)
        with Index.open(file, maia, create=False) as index:
            assert index.find("babs@example.com").seen == AT
            files = [*file.parent.iterdir()]
            assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}, "the log beside it, too"
    assert [*file.parent.iterdir()] == [file], "what is closed leaves nothing beside it"


def test_there_is_none_to_open(file, tmp_path):
    with client() as maia:
        with pytest.raises(IndexRefused, match="no such index"):
            Index.open(file, maia, create=False)
        assert not file.exists()
        with pytest.raises(IndexRefused, match="No such file"):
            Index.open(tmp_path / "no" / "folder.sqlite", maia)
        with pytest.raises(IndexRefused):
            Index.open(tmp_path, maia)


@pytest.mark.parametrize("content", [b"id,userName\n1,babs\n" * 50, b"SQLite format 3\x00" + bytes(200), b"x"])
def test_another_file_is_refused_and_left_as_it_is(file, content):
    file.write_bytes(content)

    with client() as maia, pytest.raises(IndexRefused):
        Index.open(file, maia)

    assert file.read_bytes() == content


def test_another_database_is_refused_and_left_as_it_is(file, tmp_path):
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE mine (x)")
    other.close()
    before = file.read_bytes()
    with client() as maia, pytest.raises(IndexRefused, match="no index of maia-scim"):
        Index.open(file, maia)
    assert file.read_bytes() == before

    from maia_scim.apply.store import Store

    journal = tmp_path / "people.csv.journal"
    Store.open(journal, "create").close()
    with client() as maia, pytest.raises(IndexRefused, match="no index of maia-scim"):
        Index.open(journal, maia)


def test_one_of_another_version_is_refused(file):
    with client() as maia:
        Index.open(file, maia).close()
        with sqlite3.connect(file) as other:
            other.execute("PRAGMA user_version = 2")
        other.close()
        with pytest.raises(IndexRefused, match="another version"):
            Index.open(file, maia)


def test_one_of_another_account_or_region_is_refused(file):
    with client() as maia:
        Index.open(file, maia).close()
    for other in (client(account="other"), client(base_url="http://127.0.0.1:8/dpc")):
        with other, pytest.raises(IndexRefused) as caught:
            Index.open(file, other)
        assert "http://127.0.0.1:9/dpc, account 3f2a" in str(caught.value)


def test_of_a_token_it_is_not_known_whose_it_is(file):
    with client() as maia:
        Index.open(file, maia).close()
    with MaiaScim(base_url="http://127.0.0.1:9/dpc", auth=BearerToken("abc")) as maia:
        Index.open(file, maia).close()
    with (
        MaiaScim(base_url="http://127.0.0.1:9/dpc", auth=BearerToken("abc", account="other")) as maia,
        pytest.raises(IndexRefused),
    ):
        Index.open(file, maia)


def test_a_file_that_breaks_is_told_as_ours(file):
    with client() as maia:
        with Index.open(file, maia) as index:
            for number in range(500):
                index.note(user(f"u{number}", f"n{number}"), "user")
        with file.open("r+b") as stream:
            stream.seek(4096)
            stream.write(b"\xff" * (file.stat().st_size - 4096))
        with pytest.raises(IndexRefused), Index.open(file, maia) as index:
            index.find("n1")


def test_it_can_be_removed(index, file):
    index.note(BABS, "user")
    index.remove()

    assert [*file.parent.iterdir()] == []


# -- Threads and processes ----------------------------------------------------


def test_many_threads_feed_and_ask(index):
    def feed(thread):
        for number in range(300):
            index.note(user(f"{thread}-{number}", f"n{thread}-{number}"), "user")
            if number % 50 == 0:
                assert index.find(f"n{thread}-{number}").id == f"{thread}-{number}"

    threads = [Thread(target=feed, args=(thread,)) for thread in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert index.counts().users == 1800


def _feed(file: Path, process: int) -> None:
    with client() as maia, Index.open(file, maia) as index:
        for number in range(400):
            index.note(user(f"{process}-{number}", f"n{process}-{number}"), "user")
        index.find(f"n{process}-399")


def test_several_processes_make_and_feed_one(file):
    spawn = get_context("spawn")
    processes = [spawn.Process(target=_feed, args=(file, number)) for number in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)

    assert [process.exitcode for process in processes] == [0, 0]
    with client() as maia, Index.open(file, maia) as index:
        assert index.counts().users == 800


def test_a_child_of_a_fork_does_not_write(index, file, caplog):
    index.note(BABS, "user")
    index._process = os.getpid() + 1  # as the child sees it
    with pytest.raises(IndexRefused, match="before a fork"):
        index.flush()


def test_what_waits_is_written_some_at_a_time(index, file, maia):
    with Index.open(file, maia) as other:
        for number in range(199):
            index.note(user(f"u{number}", f"n{number}"), "user")
        assert other.counts().users == 0
        index.note(user("u199", "n199"), "user")
        assert other.counts().users == 200
        index.note(user("u200", "n200"), "user")
        index.flush()
        assert other.find("n200").id == "u200"


def test_ten_thousand_notes_take_about_a_second(index):
    from time import process_time

    begun = process_time()
    for number in range(3_000):
        index.note({**BABS, "id": f"u{number}", "userName": f"user{number}@example.com"}, "user")
    index.flush()

    assert process_time() - begun < 1.5, "0.3, with room for a busy machine"
    plan = index.sql.execute("EXPLAIN QUERY PLAN SELECT * FROM name WHERE folded = 'x' AND attribute BETWEEN 0 AND 3")
    assert "SEARCH name USING PRIMARY KEY" in plan.fetchone()["detail"]
