// SPDX-License-Identifier: MIT
//
// instructions_stream ALGORITHM SHAPE EDGE PASSES: what Kapacitor would send in a whole session, on
// standard output: Info, Init with options for the algorithm, and PASSES times the same points. Says
// on standard error how many points one pass has.
//
// EDGE is "stream" or how many points a batch has. With PASSES 0 the session is the Info alone.
#include <udf.pb.h>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

#include "bench/stream.h"
#include "wire/frame.h"

namespace {

namespace pb = kapacitor::udf;

pb::OptionValue& add_value(pb::Option& option, pb::ValueType type) {
    pb::OptionValue& value = *option.add_values();
    value.set_type(type);
    return value;
}

pb::Request init_request(std::string_view algorithm) {
    pb::Request request;
    pb::InitRequest& init = *request.mutable_init();
    init.set_taskid("instructions");
    init.set_nodeid("udf2");
    if (algorithm == "mirror") return request;

    pb::Option& field = *init.add_options();
    field.set_name("field");
    if (algorithm == "set_field") {
        add_value(field, pb::STRING).set_stringvalue("load");
        add_value(field, pb::DOUBLE).set_doublevalue(1);
        return request;
    }
    add_value(field, pb::STRING).set_stringvalue(bench::kField);
    if (algorithm == "moving_avg") {
        pb::Option& size = *init.add_options();
        size.set_name("size");
        add_value(size, pb::INT).set_intvalue(10);
    }
    return request;
}

bench::Shape shape_named(std::string_view name) {
    for (const bench::Shape shape : {bench::Shape::small, bench::Shape::cpu})
        if (name_of(shape) == name) return shape;
    throw std::invalid_argument("no such shape: " + std::string(name));
}

void write(const std::string& bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) throw std::runtime_error("cannot write");
}

void write_session(std::string_view algorithm, std::string_view shape, const std::string& edge, int passes) {
    pb::Request info;
    info.mutable_info();
    std::string head;
    wire::append_frame(head, info);
    if (passes == 0) return write(head);
    wire::append_frame(head, init_request(algorithm));
    write(head);

    const bench::Stream stream =
        bench::make_stream({.shape = shape_named(shape),
                            .groups = 4,  // few, so that a pass of large batches is no longer than need be
                            .batch_size = edge == "stream" ? 0 : std::stoul(edge)});
    for (int i = 0; i < passes; ++i) write(stream.bytes);
    std::fprintf(stderr, "%zu\n", stream.points);
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 5) throw std::invalid_argument("wants ALGORITHM SHAPE EDGE PASSES");
    write_session(argv[1], argv[2], argv[3], std::stoi(argv[4]));
    return std::fflush(stdout) == 0 ? 0 : 1;
} catch (const std::exception& e) {
    std::fprintf(stderr, "instructions_stream: %s\n", e.what());
    return 1;
}
