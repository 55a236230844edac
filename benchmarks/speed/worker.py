"""One library in a process of its own: reads orders from stdin, answers with seconds.

Started by ``run.py``, so that every library has its own threads, its own memory and its own imports, and
all of them are alive at once while measurements take turns.
"""

import json
import sys
import time
from typing import Any

from peers import PEERS, Peer
from workloads import WORKLOADS, Workload, data, first_weights, orders

ONE_ROW = 200  # calls of predict in a measurement of one


def make(name: str, workload: Workload, seed: int) -> Peer:
    return PEERS[name](workload, *data(workload), first_weights(workload, seed))


def answered(peer: Peer, workload: Workload, order: dict[str, Any]) -> float:
    """Do what is asked; return seconds."""
    what, x, y = order["what"], peer.x, peer.y
    if rows := order.get("rows"):
        repeats = -(-rows // len(x))
        x, y = (a.repeat(repeats, axis=0)[:rows] for a in (x, y))
    calls = ONE_ROW if rows == 1 else 1
    started = time.perf_counter()
    if what == "train":
        peer.train(order.get("epochs") or workload.epochs)
    for _ in range(calls if what == "predict" else 0):
        peer.predict(x)
    if what == "evaluate":
        peer.evaluate(x, y)
    return (time.perf_counter() - started) / calls


def main() -> None:
    name = sys.argv[1]
    peers: dict[int, Peer] = {}
    answer, sys.stdout = sys.stdout, sys.stderr  # what a library prints must not be taken for an answer
    for line in sys.stdin:
        order = json.loads(line)
        number = order["workload"]
        workload = WORKLOADS[number]
        result: dict[str, Any] = {}
        try:
            if order["what"] == "loss":
                peer = make(name, workload, order["seed"])
                peer.learn(orders(workload, len(peer.x), order["seed"]))
                result["loss"] = peer.loss()
            else:
                if number not in peers:
                    peers[number] = make(name, workload, 0)
                result["seconds"] = answered(peers[number], workload, order)
        except (ImportError, LookupError, AttributeError, NotImplementedError) as error:
            result = {"missing": f"{type(error).__name__}: {error}"}
        print(json.dumps(result), file=answer, flush=True)


if __name__ == "__main__":
    main()
