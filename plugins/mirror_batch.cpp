// SPDX-License-Identifier: MIT
//
// mirror_batch - emits every batch as it came.
//
// The smallest batch algorithm. `batch` gets each batch whole: a window or the result of a query,
// of one group; it may have no points.
#include <udf_plugin.hpp>

class MirrorBatch {
public:
    static constexpr udf::Info info{
        .name = "mirror_batch", .wants = UDF_BATCH, .provides = UDF_BATCH, .help = "Emits every batch as it came"};

    MirrorBatch(udf::Host host, const udf::Args&) : host_(host) {}

    void batch(const udf::Batch& b) { host_.emit(b); }

private:
    udf::Host host_;
};

UDF_PLUGIN(MirrorBatch)
