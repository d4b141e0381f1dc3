from pathlib import Path
from tests.depersonalization.world import make_world, publish

def test_it(warehouse_url: str, tmp_path: Path) -> None:
    world = make_world(warehouse_url, tmp_path / "w")
    print(publish(world))
    print(publish(world, "people"))
    print(world.read("select * from releases.people"))
    for row in world.read("select * from releases.orders limit 5"): print(row)
    print((tmp_path / "w/reports/release-orders.md").read_text())
    print([str(p) for p in (tmp_path / "w/stores").rglob("*")])
