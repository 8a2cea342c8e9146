// SPDX-License-Identifier: MIT
//
// The output guard: rules over whatever leaves for Kapacitor, on decoded points and batches, before they are
// encoded. What Kapacitor sent is as good as it was: a point that has the bits of a point of the run is not
// looked at again (but for NaN and infinities, which Kapacitor may send and cannot bear), and of one with other
// fields only those that differ are.
//
// What cannot be read (a count without its array, a size that no frame holds) is left as it is: the encoder
// reports it.
//
// Call under one lock, or from one thread. counters() may be read by any.
#pragma once

#include <udf_plugin.h>

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "guard/fields.h"
#include "guard/heads.h"
#include "guard/ledger.h"
#include "guard/memory.h"
#include "guard/policy.h"
#include "guard/rules.h"
#include "guard/tags.h"
#include "wire/decode.h"

namespace guard {

class Guard {
public:
    // `algorithm` is its name in messages; `counts`: where the counters are kept, if elsewhere.
    Guard(std::string algorithm, const Policy& policy, std::atomic<uint64_t>* counts = nullptr);
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    // What may leave in the place of `points`: these themselves where nothing had to be mended, else copies that
    // are good until the next check. Where `problem` is set nothing may leave: it says what a strict rule found.
    struct Checked {
        std::span<const udf_point> points;
        std::string problem;
    };
    Checked check(std::span<const udf_point> points, const wire::PointRun& run);

    // The same for a batch; null where nothing is left of it. `input` is the batch that came, if any.
    struct CheckedBatch {
        const udf_batch* batch;
        std::string problem;
    };
    CheckedBatch check(const udf_batch& batch, const wire::PointRun& run, const wire::BatchHeader* input);

    // Once an algorithm builds points that lack their group, the guard must know the input: hand it each run,
    // from when learns() is true, before the algorithm gets it.
    bool learns() const noexcept { return heads_.learns(); }
    // From now on: for points of which it is not known what they were made from.
    void learn() { heads_.learn(wire::PointRun()); }
    void saw_input(std::span<const udf_point> points) { heads_.see(points); }

    // For the rules that whoever calls must hold itself: frame_limit and edge.
    Mode mode(Rule rule) const noexcept { return ledger_.mode(rule); }
    void count(Rule rule, uint64_t count = 1) noexcept { ledger_.counters().add(rule, count); }
    std::string refusal(Rule rule, std::string_view what) const { return ledger_.refusal(rule, what); }

    const Counters& counters() const noexcept { return ledger_.counters(); }

    // For the log, of each rule that has mended for the first time.
    bool has_news() const noexcept { return ledger_.has_news(); }
    std::vector<News> take_news() { return ledger_.take_news(); }

private:
    std::span<const udf_point> check_points(std::span<const udf_point> points, const wire::PointRun& run,
                                            const udf_batch* batch);
    bool clean(const udf_point& point, const wire::PointRun& run, const udf_batch* batch);
    bool mend(udf_point& point, const wire::PointRun& run, const udf_batch* batch);
    bool complete_head(udf_point& point, const udf_point* source, const wire::PointRun& run);
    void mend_head(udf_point& point, const udf_point* source);
    void complete_header(udf_batch& batch, const wire::PointRun& run, const wire::BatchHeader* input);
    void mend_header(udf_batch& batch, const wire::PointRun& run, const wire::BatchHeader* input);
    bool mend_time(udf_point& point, const udf_point* head, const wire::PointRun& run);

    Ledger ledger_;
    const uint64_t batch_limit_;
    Memory memory_;
    Heads heads_;
    Tags tags_;
    Fields fields_;
    udf_batch batch_{};  // the mended one
};

}  // namespace guard
