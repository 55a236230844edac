"""One library in a process of its own: reads workload numbers from stdin, answers with seconds.

Started by ``run.py``, so that every library has its own threads, its own memory and its own imports, and
all of them are alive at once while measurements take turns.
"""

import json
import sys
import time
from typing import Any

from peers import PEERS
from workloads import WORKLOADS, data, first_weights


def main() -> None:
    peer_class = PEERS[sys.argv[1]]
    threads = int(sys.argv[2])
    if sys.argv[1].startswith("PyTorch"):
        import torch

        torch.set_num_threads(threads)
    peers: dict[int, Any] = {}
    answer, sys.stdout = sys.stdout, sys.stderr  # what a library prints must not be taken for an answer
    for line in sys.stdin:
        order = json.loads(line)
        number, what = order["workload"], order["what"]
        workload = WORKLOADS[number]
        result: dict[str, Any] = {}
        try:
            if number not in peers:
                peers[number] = peer_class(workload, *data(workload), first_weights(workload))
            peer = peers[number]
            big = order.get("rows", 0)
            x, y = peer.x, peer.y
            if big:
                repeats = -(-big // len(x))
                x, y = (a.repeat(repeats, axis=0)[:big] for a in (x, y))
            if what == "train":
                peer.train(1)  # so that caches and clocks are warm after the pause
            started = time.perf_counter()
            if what == "train":
                peer.train(workload.epochs)
            elif what == "predict":
                peer.predict(x)
            elif what == "evaluate":
                peer.evaluate(x, y)
            elif what == "loss":
                result["loss"] = peer.loss()
            result["seconds"] = time.perf_counter() - started
        except (LookupError, AttributeError, NotImplementedError) as error:
            result = {"missing": str(error)}
        print(json.dumps(result), file=answer, flush=True)


if __name__ == "__main__":
    main()
