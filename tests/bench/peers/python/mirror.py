# SPDX-License-Identifier: MIT
"""mirror.py [--flush]: emits each point as it came, on Kapacitor's Python agent.

The agent buffers what it writes. Without --flush that is the most throughput, but a point waits
until some KiB have gathered or a request is answered; with it each point leaves at once.
"""
import sys

from kapacitor.udf import udf_pb2
from kapacitor.udf.agent import Agent, Handler


class Mirror(Handler):
    def __init__(self, agent, flush):
        self._agent = agent
        self._flush = flush

    def info(self):
        response = udf_pb2.Response()
        response.info.wants = udf_pb2.STREAM
        response.info.provides = udf_pb2.STREAM
        return response

    def init(self, _request):
        response = udf_pb2.Response()
        response.init.success = True
        return response

    def snapshot(self):
        response = udf_pb2.Response()
        response.snapshot.snapshot = b""
        return response

    def restore(self, _request):
        response = udf_pb2.Response()
        response.restore.error = "there is no state to restore"
        return response

    def begin_batch(self, _begin):
        raise RuntimeError("takes a stream, not batches")

    def point(self, point):
        response = udf_pb2.Response()
        response.point.CopyFrom(point)
        self._agent.write_response(response, self._flush)


if __name__ == "__main__":
    agent = Agent()
    agent.handler = Mirror(agent, "--flush" in sys.argv[1:])
    agent.start()
    agent.wait()
