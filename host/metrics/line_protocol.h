// SPDX-License-Identifier: MIT
//
// Totals as InfluxDB's line protocol, in datagrams for a receiver such as Telegraf's socket_listener:
//
//     udf_host,algorithm=A,task=T,node=N,host=H,pid=P connections=1i,received_points_total=5i,... TIME
//     udf_host_guard,...,rule=R mended_total=2i TIME
//     udf_host_restarts,...,cause=C worker_restarts_total=1i TIME
//
// The fields are those that Prometheus gets. Of the handler's histogram there are the count, the sum, and percentiles
// of the calls since the datagrams before. Rules and causes are told of once they have a count. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/histogram.h"
#include "metrics/totals.h"

namespace metrics {

// Bytes in a datagram: of UDP, so that no network splits it; of a unix socket, what Telegraf has room for.
inline constexpr size_t kMostOfUdp = 1400, kMostOfUnix = size_t{64} * 1024;

struct Source {
    std::string host;
    int pid;
};

class LineProtocol {
public:
    // `most` is at least kMostOfUdp.
    LineProtocol(Source source, size_t most) : source_(std::move(source)), most_(most) {}

    // None where there is nothing to tell. No datagram is over the limit, and none ends within a line: one that would
    // not fit becomes two of the same time, and values of tags of more than 128 bytes are cut.
    std::vector<std::string> datagrams(const Totals& totals, std::chrono::system_clock::time_point now);

private:
    const Source source_;
    const size_t most_;
    std::map<Labels, Histogram> before_;
};

}  // namespace metrics
