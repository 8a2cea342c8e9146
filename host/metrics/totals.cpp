// SPDX-License-Identifier: MIT
#include "metrics/totals.h"

#include <algorithm>
#include <numeric>

#include "metrics/registry.h"
#include "text/utf8.h"

namespace metrics {
namespace {

Labels labels_of(const Session& session) {
    return {text::replace_bad_utf8(session.algorithm), text::replace_bad_utf8(session.task),
            text::replace_bad_utf8(session.node)};
}

bool only_asks(const Session& session) {
    return session.task.empty() && session.node.empty() && session.in.points == 0 && session.in.batches == 0 &&
           std::accumulate(session.restarts.begin(), session.restarts.end(), uint64_t{0}) == 0;
}

// What is, other than what was counted, ends with the connection.
void add_gauges(Total& to, const Session& session) {
    ++to.connections;
    to.journal_bytes += session.journal_bytes;
    to.journal_frames += session.journal_frames;
    if (!session.checkpoint) return;
    if (!to.checkpoint) {
        to.checkpoint = session.checkpoint;
        return;
    }
    to.checkpoint->taken = std::min(to.checkpoint->taken, session.checkpoint->taken);
    to.checkpoint->bytes += session.checkpoint->bytes;
}

}  // namespace

Totals totals(const std::vector<Session>& sessions) {
    Totals all;
    for (const Session& session : sessions) {
        if (only_asks(session)) continue;
        Total& total = all[labels_of(session)];
        add(total.counts, session);
        if (session.state != kEnded) add_gauges(total, session);
    }
    return all;
}

}  // namespace metrics
