// SPDX-License-Identifier: MIT
//
// Works: ten algorithms that pass everything through, many_00_0 to many_00_9. Tests put other figures in the place of
// 00 in the file itself, for as many plugins as they like.
#include <udf_plugin.hpp>

namespace {

template <char Last>
struct Many {
    static constexpr char name[] = {'m', 'a', 'n', 'y', '_', '0', '0', '_', Last, '\0'};
    static constexpr udf::Info info{.name = name, .wants = UDF_STREAM, .provides = UDF_STREAM};
    Many(udf::Host h, const udf::Args&) : host(h) {}
    void point(const udf::Point& p) { host.emit(p); }
    udf::Host host;
};

}  // namespace

UDF_PLUGIN(Many<'0'>, Many<'1'>, Many<'2'>, Many<'3'>, Many<'4'>, Many<'5'>, Many<'6'>, Many<'7'>, Many<'8'>, Many<'9'>)
