// SPDX-License-Identifier: MIT
//
// Algorithms that emit what kills or confuses Kapacitor.
#include <array>
#include <cmath>
#include <limits>
#include <udf_plugin.hpp>

namespace {

// Emits each point with what `fields` makes in place of its fields, and after it the point as it came.
template <class Self>
struct Stream {
    Stream(udf::Host h, const udf::Args&) : host(h) {}
    void point(const udf::Point& p) {
        static_cast<Self*>(this)->before(p);
        host.emit(p);
    }
    udf::Host host;
};

struct NotFinite : Stream<NotFinite> {
    static constexpr udf::Info info{.name = "not_finite", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Stream::Stream;
    void before(const udf::Point& p) const {
        const std::array fields{udf::field("nan", std::nan("")), udf::field("sum", 1.0),
                                udf::field("inf", -std::numeric_limits<double>::infinity())};
        host.emit(p.with(fields));
        host.emit(p.with(std::span(fields).first(1)));  // nothing is left of it
    }
};

struct EmptyNames : Stream<EmptyNames> {
    static constexpr udf::Info info{.name = "empty_names", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Stream::Stream;
    void before(const udf::Point& p) const {
        const std::array fields{udf::field("", 1.0), udf::field("named", 2.0)};
        const std::array tags{udf_tag{{}, udf::str("value")}, udf_tag{udf::str("key"), {}}};
        host.emit(p.with(fields).with(tags));
        udf_point nothing{};  // no name, no fields, 1970
        host.emit(nothing);
        nothing.fields = fields.data() + 1;
        nothing.field_count = 1;
        host.emit(nothing);
    }
};

struct BadText : Stream<BadText> {
    static constexpr udf::Info info{.name = "bad_text", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Stream::Stream;
    void before(const udf::Point& p) const {
        const std::array fields{udf::field("bad\xff", "text\xc0\x80"), udf::field("two\nlines", 1.0)};
        const std::array tags{udf_tag{udf::str("k\xfe"), udf::str("v\nw")}};
        udf::Point bad = p.with(fields).with(tags);
        bad.name = udf::str("na\xffme\n");
        bad.origin = nullptr;
        host.emit(bad);
    }
};

struct TwiceTheName : Stream<TwiceTheName> {
    static constexpr udf::Info info{.name = "twice_the_name", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Stream::Stream;
    void before(const udf::Point& p) const {
        const std::array fields{udf::field("v", 1.0), udf::field("v", true), udf::field("v", "last"),
                                udf::field("w", int64_t{1})};
        host.emit(p.with(fields));
    }
};

// Integers, doubles, texts and flags in turn under one name.
struct ChangesTypes : Stream<ChangesTypes> {
    static constexpr udf::Info info{.name = "changes_types", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Stream::Stream;
    void before(const udf::Point& p) {
        const std::array each{udf::field("x", int64_t{1}), udf::field("x", 2.5), udf::field("x", "text"),
                              udf::field("x", true), udf::field("x", int64_t{3})};
        for (const udf_field& f : each) host.emit(p.with(std::span(&f, 1)));
    }
};

struct HugeCount : Stream<HugeCount> {
    static constexpr udf::Info info{.name = "huge_count", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Stream::Stream;
    void before(const udf::Point& p) const {
        udf_point huge = p;
        huge.field_count = 1u << 31;
        host.emit(huge);
    }
};

struct HugePoint : Stream<HugePoint> {
    static constexpr udf::Info info{.name = "huge_point", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Stream::Stream;
    void before(const udf::Point& p) const {
        const std::string text(20u << 20, 'x');
        const std::array fields{udf::field("text", text)};
        host.emit(p.with(fields));
    }
};

struct BatchFromStream : Stream<BatchFromStream> {
    static constexpr udf::Info info{.name = "batch_from_stream", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Stream::Stream;
    void before(const udf::Point& p) const {
        udf_batch batch{};
        batch.points = &p;
        batch.point_count = 1;
        host.emit(batch);
    }
};

// Forgets everything but the fields.
struct FromNothing : Stream<FromNothing> {
    static constexpr udf::Info info{.name = "from_nothing", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Stream::Stream;
    void before(const udf::Point& p) const {
        const udf_field f = udf::field("made", 1.0);
        udf_point made{};
        made.group = p.group;
        made.fields = &f;
        made.field_count = 1;
        host.emit(made);
    }
};

// A count that is none, tmax before the points, no name.
struct OddBatches {
    static constexpr udf::Info info{.name = "odd_batches", .wants = UDF_BATCH, .provides = UDF_BATCH};
    OddBatches(udf::Host h, const udf::Args&) : host(h) {}
    void batch(const udf::Batch& b) const {
        udf_batch odd = b;
        odd.tmax = 0;
        odd.name = {};
        host.emit(odd);
        host.emit(b);
        odd.point_count = 0;
        host.emit(odd);
        host.emit(b);
    }
    udf::Host host;
};

}  // namespace

UDF_PLUGIN(NotFinite, EmptyNames, BadText, TwiceTheName, ChangesTypes, HugeCount, HugePoint, BatchFromStream,
           FromNothing, OddBatches)
