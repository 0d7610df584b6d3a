"""A daemon whose data folder was removed ends, so that it writes nothing into what is there now."""

import shutil
from pathlib import Path

import pytest
import trio
import trio.testing

from maestrod.host import tenure
from maestrod.host.instance import single_instance


@pytest.mark.parametrize("fate", ["removed", "moved", "replaced"])
async def test_a_daemon_whose_data_folder_is_gone_ends_at_once(
    tmp_path: Path, fate: str, autojump_clock: trio.testing.MockClock
) -> None:
    data, codes = tmp_path / "data", list[int]()
    data.mkdir()
    with single_instance(data, tmp_path / "s", "1") as claim:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tenure.end_when_claim_is_void, claim, codes.append)
            await trio.sleep(60)
            assert codes == []
            if fate == "removed":
                shutil.rmtree(data)
            else:
                data.rename(tmp_path / "elsewhere")
            if fate == "replaced":
                data.mkdir()
                with single_instance(data, tmp_path / "s", "1") as other:
                    assert not other.is_void()
            await trio.sleep(10)
            assert codes == [tenure.EXIT_CODE]
