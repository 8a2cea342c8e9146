# SPDX-License-Identifier: MIT
"""moving_avg.py [--flush]: the mean of the last `size` values of a field, per group, in place of the
fields of the point. On Kapacitor's Python agent; --flush as in mirror.py.

Points without a number in the field are passed by.
"""
import sys
from collections import deque

from kapacitor.udf import udf_pb2
from kapacitor.udf.agent import Agent, Handler


class Window:
    """The last values, with a running sum: the usual way to write it."""

    def __init__(self, size):
        self._size = size
        self._values = deque()
        self._sum = 0.0

    def push(self, value):
        self._values.append(value)
        self._sum += value
        if len(self._values) > self._size:
            self._sum -= self._values.popleft()
        return self._sum / len(self._values)


class MovingAvg(Handler):
    def __init__(self, agent, flush):
        self._agent = agent
        self._flush = flush
        self._field = ""
        self._size = 0
        self._as = "avg"
        self._windows = {}

    def info(self):
        response = udf_pb2.Response()
        response.info.wants = udf_pb2.STREAM
        response.info.provides = udf_pb2.STREAM
        response.info.options["field"].valueTypes.append(udf_pb2.STRING)
        response.info.options["size"].valueTypes.append(udf_pb2.INT)
        response.info.options["as"].valueTypes.append(udf_pb2.STRING)
        return response

    def init(self, request):
        for option in request.options:
            if option.name == "field":
                self._field = option.values[0].stringValue
            elif option.name == "size":
                self._size = option.values[0].intValue
            elif option.name == "as":
                self._as = option.values[0].stringValue
        response = udf_pb2.Response()
        response.init.success = bool(self._field and self._as) and self._size >= 1
        if not response.init.success:
            response.init.error = "needs options 'field' and 'size', a size of at least 1"
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
        value = point.fieldsDouble.get(self._field)
        if value is None:
            value = point.fieldsInt.get(self._field)
        if value is None:
            return
        window = self._windows.get(point.group)
        if window is None:
            window = self._windows[point.group] = Window(self._size)

        # The agent reads the next request into the same message: this point can be changed in place.
        point.fieldsDouble.clear()
        point.fieldsInt.clear()
        point.fieldsString.clear()
        point.fieldsBool.clear()
        point.fieldsDouble[self._as] = window.push(value)
        response = udf_pb2.Response()
        response.point.CopyFrom(point)
        self._agent.write_response(response, self._flush)


if __name__ == "__main__":
    agent = Agent()
    agent.handler = MovingAvg(agent, "--flush" in sys.argv[1:])
    agent.start()
    agent.wait()
