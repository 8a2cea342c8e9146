// SPDX-License-Identifier: MIT
//
// udf_plugin.hpp - C++20 on top of udf_plugin.h. Header-only; nothing here is part of the ABI.
//
//     #include <udf_plugin.hpp>
//
//     struct Half {
//         static constexpr udf::Info info{.name = "half", .wants = UDF_STREAM, .provides = UDF_STREAM};
//
//         Half(udf::Host host, const udf::Args&) : host(host) {}  // throw to refuse the options
//
//         void point(const udf::Point& p) {  // or points(std::span<const udf::Point>)
//             const auto v = p.field<double>("value");
//             if (!v) return;
//             const udf_field out[] = {udf::field("half", *v / 2)};
//             host.emit(p.with(out));
//         }
//         udf::Host host;
//     };
//     UDF_PLUGIN(Half)
//
// A handler is any class with the members it needs; there is nothing to inherit from:
//
//     H(udf::Host, const udf::Args&)                       always
//     void point(const udf::Point&)                        each point, of a stream or in a batch,
//       or points(std::span<const udf::Point>)               or as many as have arrived
//     void batch(const udf::Batch&)                        a batch whole, or both of:
//     void begin_batch(const udf::Batch&), end_batch(const udf::Batch&)
//     void snapshot(udf::Sink) const                       optional, both or neither:
//     void restore(uint32_t state_version, std::string_view state)
//     void stop()                                          optional: the input has ended
//
// All of them run on one thread. An exception that leaves a member fails the handler, and its
// what() becomes the error of the Kapacitor task.
#ifndef UDF_PLUGIN_HPP
#define UDF_PLUGIN_HPP

#if __cplusplus < 202002L
#error "udf_plugin.hpp needs C++20: compile with -std=c++20"
#endif

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "udf_plugin.h"

namespace udf {

// ---- Values ----

inline std::string_view view(udf_str s) noexcept { return {s.data, s.size}; }
inline udf_str str(std::string_view s) noexcept { return {s.data(), s.size()}; }

// A value of an option or field. A string is borrowed, not copied.
inline udf_value value(double v) noexcept { return {.as = {.f = v}, .size = 0, .type = UDF_DOUBLE}; }
inline udf_value value(std::string_view v) noexcept {
    return {.as = {.s = v.data()}, .size = static_cast<uint32_t>(v.size()), .type = UDF_STRING};
}
inline udf_value value(const char* v) noexcept { return value(std::string_view(v)); }
template <std::integral T>
udf_value value(T v) noexcept {
    return {.as = {.i = static_cast<int64_t>(v)}, .size = 0, .type = std::is_same_v<T, bool> ? UDF_BOOL : UDF_INT};
}

// A field to emit. Name and string value are borrowed until emit returns.
template <class T>
udf_field field(std::string_view name, const T& v) noexcept {
    return {str(name), value(v)};
}

// Reads a value as T, or nothing where it has another type. Doubles read integers too: Kapacitor's
// queries and tasks do not always keep the two apart. Durations read as std::chrono::nanoseconds
// or as an integer of nanoseconds. A string_view borrows; a std::string copies.
template <class T>
std::optional<T> get(const udf_value& v) noexcept(!std::is_same_v<T, std::string>) {
    if constexpr (std::is_same_v<T, bool>) {
        if (v.type == UDF_BOOL) return v.as.i != 0;
    } else if constexpr (std::is_same_v<T, std::chrono::nanoseconds>) {
        if (v.type == UDF_DURATION) return std::chrono::nanoseconds(v.as.i);
    } else if constexpr (std::is_integral_v<T>) {
        static_assert(sizeof(T) == 8, "integers are 64 bits wide: read them as int64_t");
        if (v.type == UDF_INT || v.type == UDF_DURATION) return static_cast<T>(v.as.i);
    } else if constexpr (std::is_floating_point_v<T>) {
        if (v.type == UDF_DOUBLE) return static_cast<T>(v.as.f);
        if (v.type == UDF_INT) return static_cast<T>(v.as.i);
    } else {
        if (v.type == UDF_STRING) return T(v.as.s, v.size);
    }
    return std::nullopt;
}

// ---- Points and batches: views with the layout of the C structs ----

struct Point : udf_point {
    std::span<const udf_field> all_fields() const noexcept { return {fields, field_count}; }
    std::span<const udf_tag> all_tags() const noexcept { return {tags, tag_count}; }
    std::span<const udf_str> all_dimensions() const noexcept { return {dimensions, dimension_count}; }

    // The field of that name, as T; nothing where it is missing or has another type.
    template <class T>
    std::optional<T> field(std::string_view key) const noexcept(!std::is_same_v<T, std::string>) {
        for (const udf_field& f : all_fields())
            if (view(f.name) == key)
                if (auto v = get<T>(f.value)) return v;
        return std::nullopt;
    }
    bool has_field(std::string_view key) const noexcept {
        for (const udf_field& f : all_fields())
            if (view(f.name) == key) return true;
        return false;
    }
    // The tag's value, or nothing where the point does not have the tag.
    std::optional<std::string_view> tag(std::string_view key) const noexcept {
        for (const udf_tag& t : all_tags())
            if (view(t.key) == key) return view(t.value);
        return std::nullopt;
    }
    // The same point with other fields or tags, which must outlive the result.
    Point with(std::span<const udf_field> other) const noexcept {
        Point p = *this;
        p.fields = other.data();
        p.field_count = static_cast<uint32_t>(other.size());
        return p;
    }
    Point with(std::span<const udf_tag> other) const noexcept {
        Point p = *this;
        p.tags = other.data();
        p.tag_count = static_cast<uint32_t>(other.size());
        return p;
    }
};
static_assert(sizeof(Point) == sizeof(udf_point));

struct Batch : udf_batch {
    // The points of the batch; empty in begin_batch and end_batch.
    std::span<const Point> all_points() const noexcept {
        return {static_cast<const Point*>(points), points ? point_count : 0};
    }
    // The same batch with other points, which must outlive the result.
    Batch with(std::span<const Point> other) const noexcept {
        Batch b = *this;
        b.points = other.data();
        b.point_count = other.size();
        return b;
    }
};
static_assert(sizeof(Batch) == sizeof(udf_batch));

// ---- The host ----

// Thrown by emit once the stream has ended. Let it pass; it ends the call quietly.
struct Closed : std::exception {
    const char* what() const noexcept override { return "the stream has ended"; }
};

// What the host offers a handler. Copy it freely; valid until the handler is destroyed. Every
// member may be called from any thread.
class Host {
public:
    explicit Host(const udf_host* host) noexcept : host_(host) {}

    // Sends downstream, in order; what is passed is copied. Blocks while the output is full.
    void emit(const udf_point& point) const { check(host_->emit_points(host_, &point, 1)); }
    void emit(std::span<const Point> points) const { check(host_->emit_points(host_, points.data(), points.size())); }
    void emit(const udf_batch& batch) const { check(host_->emit_batch(host_, &batch)); }

    // One line in the Kapacitor log.
    void debug(std::string_view line) const noexcept { log(UDF_LOG_DEBUG, line); }
    void info(std::string_view line) const noexcept { log(UDF_LOG_INFO, line); }
    void warn(std::string_view line) const noexcept { log(UDF_LOG_WARN, line); }
    void error(std::string_view line) const noexcept { log(UDF_LOG_ERROR, line); }
    void log(uint32_t level, std::string_view line) const noexcept {
        if (level >= host_->log_level) host_->log(host_, level, line.data(), line.size());
    }

    // Fails the handler from a thread of your own; in a member, throw.
    void fail(std::string_view why) const noexcept { host_->fail(host_, why.data(), why.size()); }

    std::string_view task() const noexcept { return view(host_->task_id); }
    std::string_view node() const noexcept { return view(host_->node_id); }

private:
    static void check(int status) {
        if (status == UDF_CLOSED) throw Closed{};
        if (status != UDF_OK) throw std::runtime_error("the host refused what was emitted");
    }
    const udf_host* host_;
};

// Receives a snapshot, in as many pieces as you like.
class Sink {
public:
    explicit Sink(udf_sink* sink) noexcept : sink_(sink) {}
    void write(std::string_view bytes) const { sink_->write(sink_, bytes.data(), bytes.size()); }

private:
    udf_sink* sink_;
};

// The options of the task, in the order of the TICKscript. The host has checked number, types,
// required and repeated before the handler is made. Valid until the constructor returns.
class Args {
public:
    Args(const udf_arg* args, size_t count) noexcept : args_(args, count) {}

    // Argument `index` of the option's last use; get throws where the option is absent.
    template <class T>
    T get(std::string_view option, size_t index = 0) const {
        if (auto v = find<T>(option, index)) return *v;
        throw std::invalid_argument("option '" + std::string(option) + "' is missing or of another type");
    }
    template <class T>
    T get_or(std::string_view option, T fallback, size_t index = 0) const {
        const auto v = find<T>(option, index);
        return v ? *v : fallback;
    }
    template <class T>
    std::optional<T> find(std::string_view option, size_t index = 0) const {
        for (size_t i = args_.size(); i-- > 0;)
            if (view(args_[i].name) == option)
                return index < args_[i].value_count ? udf::get<T>(args_[i].values[index]) : std::nullopt;
        return std::nullopt;
    }

    bool has(std::string_view option) const noexcept {
        for (const udf_arg& use : args_)
            if (view(use.name) == option) return true;
        return false;
    }

    // Every use of every option.
    auto begin() const noexcept { return args_.begin(); }
    auto end() const noexcept { return args_.end(); }

private:
    std::span<const udf_arg> args_;
};

// ---- State per group ----

// A map keyed by the group of a point. In front of it stands a table of where groups were found, two
// places for each hash: nearly every look-up ends there, after a few instructions and a comparison.
template <class T>
class Groups {
public:
    Groups() = default;
    Groups(Groups&& other) noexcept : map_(std::exchange(other.map_, {})), found_(std::exchange(other.found_, {})) {}
    Groups& operator=(Groups&& other) noexcept {
        map_ = std::exchange(other.map_, {});
        found_ = std::exchange(other.found_, {});
        return *this;
    }

    // The group's state, made by default where it is new. Stays valid until it is erased.
    T& operator[](udf_str group) { return (*this)[view(group)]; }
    T& operator[](std::string_view group) {
        if (!found_.empty()) {
            const size_t i = slot(group);
            if (Entry* entry = found_[i]; entry && entry->first == group) return entry->second;
            if (Entry* entry = found_[i ^ 1]; entry && entry->first == group) return entry->second;
        }
        auto it = map_.find(group);
        if (it == map_.end()) it = map_.emplace(std::string(group), T{}).first;
        if (found_.size() < 2 * map_.size()) found_.assign(std::max<size_t>(64, 4 * found_.size()), nullptr);
        const size_t i = slot(group);
        if (found_[i]) found_[i ^ 1] = found_[i];
        found_[i] = &*it;
        return it->second;
    }
    // Fetches into the processor's cache what the groups of these points need, all at once: with ten
    // thousand groups and more, call it before the loop over a run.
    template <class Points>
    [[gnu::always_inline]] void prefetch(
        const Points& points) const {  // not inlined, gcc takes it for one without effect
        if (found_.size() < kLarge) return;
        for (const udf_point& p : points) __builtin_prefetch(&found_[slot(view(p.group))]);
        for (const udf_point& p : points) {
            const auto* const entry = reinterpret_cast<const char*>(found_[slot(view(p.group))]);
            __builtin_prefetch(entry);
            __builtin_prefetch(entry + 64);
        }
    }
    // Kapacitor never says that a group has ended: where groups come and go, forget them yourself.
    void erase(std::string_view group) {
        const auto it = map_.find(group);
        if (it == map_.end()) return;
        for (const size_t i : {slot(group), slot(group) ^ 1})
            if (found_[i] == &*it) found_[i] = nullptr;
        map_.erase(it);
    }
    void clear() noexcept {
        found_.clear();
        map_.clear();
    }
    auto begin() const noexcept { return map_.begin(); }
    auto end() const noexcept { return map_.end(); }
    size_t size() const noexcept { return map_.size(); }

private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    using Map = std::unordered_map<std::string, T, Hash, std::equal_to<>>;
    using Entry = typename Map::value_type;

    static constexpr size_t kLarge = 4096;  // entries: up to here they are in the cache anyway

    size_t slot(std::string_view group) const noexcept { return quick_hash(group) & (found_.size() - 1); }

    // Spreads well enough for a table whose misses only cost time.
    static size_t quick_hash(std::string_view s) noexcept {
        uint64_t hash = s.size(), word = 0;
        const auto mix = [&] {
            hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
            hash ^= hash >> 32;
        };
        for (; s.size() >= 8; s.remove_prefix(8)) {
            std::memcpy(&word, s.data(), 8);
            mix();
        }
        word = 0;
        for (const char c : s) word = word << 8 | static_cast<unsigned char>(c);
        mix();
        return static_cast<size_t>(hash);
    }

    Map map_;
    std::vector<Entry*> found_;  // by hash; as many as a power of two, or none
};

// ---- The description of an algorithm ----

// The types of an option's arguments: {UDF_STRING, UDF_DOUBLE}. At most eight.
struct Types {
    uint8_t list[8] = {};
    uint32_t count = 0;
    constexpr Types() = default;
    constexpr Types(std::initializer_list<int> types) {
        for (int t : types) {
            if (count == 8) throw std::length_error("an option takes at most eight arguments");
            list[count++] = static_cast<uint8_t>(t);
        }
    }
};

inline constexpr uint32_t required = UDF_OPTION_REQUIRED;
inline constexpr uint32_t repeatable = UDF_OPTION_REPEATABLE;

struct Option {
    const char* name;
    Types types = {};
    const char* help = "";
    uint32_t flags = 0;  // required | repeatable
};

struct Info {
    const char* name;
    const char* version = "1.0.0";
    uint32_t wants, provides;  // UDF_STREAM or UDF_BATCH
    std::span<const Option> options = {};
    const char* help = "";
    uint32_t state_version = 1;  // raise it when the format of the snapshot changes
};

namespace detail {

template <class H>
struct Handler {
    Host host;
    H impl;
    Handler(Host h, const Args& args) : host(h), impl(h, args) {}
};

// Runs a member; an exception becomes host.fail and UDF_ERROR.
template <class F>
int run(Host host, F&& f) noexcept {
    try {
        f();
        return UDF_OK;
    } catch (const Closed&) {
        return UDF_CLOSED;
    } catch (const std::exception& e) {
        host.fail(e.what());
    } catch (...) {
        host.fail("an exception that is not a std::exception");
    }
    return UDF_ERROR;
}

template <class H> concept HasPoint = requires(H& h, const Point& p) { h.point(p); };
template <class H> concept HasPoints = requires(H& h, std::span<const Point> p) { h.points(p); };
template <class H> concept HasBatch = requires(H& h, const Batch& b) { h.batch(b); };
template <class H> concept HasBeginBatch = requires(H& h, const Batch& b) { h.begin_batch(b); };
template <class H> concept HasEndBatch = requires(H& h, const Batch& b) { h.end_batch(b); };
template <class H> concept HasSnapshot = requires(const H& h, Sink s) { h.snapshot(s); };
template <class H> concept HasRestore = requires(H& h, std::string_view s) { h.restore(uint32_t{}, s); };

template <class H>
const udf_algorithm* algorithm() {
    static_assert(std::is_constructible_v<H, Host, const Args&>,
                  "a handler needs a constructor H(udf::Host, const udf::Args&)");
    static_assert(H::info.wants != UDF_STREAM || HasPoint<H> || HasPoints<H>,
                  "to want a stream a handler needs point or points");
    static_assert(H::info.wants != UDF_BATCH || HasBatch<H> || (HasEndBatch<H> && (HasPoint<H> || HasPoints<H>)),
                  "to want batches a handler needs batch, or begin_batch, point and end_batch");
    static_assert(HasBeginBatch<H> == HasEndBatch<H>, "begin_batch and end_batch go together");
    static_assert(HasSnapshot<H> == HasRestore<H>, "snapshot (const) and restore go together");

    using Self = Handler<H>;
    static constexpr auto self = [](void* p) -> Self& { return *static_cast<Self*>(p); };
    static const auto table = [] {
        static std::vector<udf_option> options;
        for (const Option& o : H::info.options)
            options.push_back({o.name, o.help, o.types.list, o.types.count, o.flags});
        udf_algorithm a{};
        a.struct_size = sizeof a;
        a.state_version = H::info.state_version;
        a.name = H::info.name;
        a.version = H::info.version;
        a.help = H::info.help;
        a.wants = H::info.wants;
        a.provides = H::info.provides;
        a.options = options.data();
        a.option_count = static_cast<uint32_t>(options.size());
        a.create = [](const udf_host* h, const udf_arg* args, size_t n, void** out) noexcept {
            return run(Host(h), [&] { *out = new Self(Host(h), Args(args, n)); });
        };
        a.destroy = [](void* p) noexcept { delete static_cast<Self*>(p); };
        if constexpr (HasPoints<H>)
            a.points = [](void* p, const udf_point* v, size_t n) noexcept {
                return run(self(p).host, [&] { self(p).impl.points({static_cast<const Point*>(v), n}); });
            };
        else if constexpr (HasPoint<H>)
            a.points = [](void* p, const udf_point* v, size_t n) noexcept {
                return run(self(p).host, [&] {
                    for (const Point& q : std::span(static_cast<const Point*>(v), n)) self(p).impl.point(q);
                });
            };
        if constexpr (HasBatch<H>)
            a.batch = [](void* p, const udf_batch* b) noexcept {
                return run(self(p).host, [&] { self(p).impl.batch(*static_cast<const Batch*>(b)); });
            };
        if constexpr (HasEndBatch<H>) {
            a.begin_batch = [](void* p, const udf_batch* b) noexcept {
                return run(self(p).host, [&] { self(p).impl.begin_batch(*static_cast<const Batch*>(b)); });
            };
            a.end_batch = [](void* p, const udf_batch* b) noexcept {
                return run(self(p).host, [&] { self(p).impl.end_batch(*static_cast<const Batch*>(b)); });
            };
        }
        if constexpr (HasSnapshot<H>) {
            a.snapshot = [](void* p, udf_sink* s) noexcept {
                return run(self(p).host, [&] { std::as_const(self(p).impl).snapshot(Sink(s)); });
            };
            a.restore = [](void* p, uint32_t version, const void* d, size_t n) noexcept {
                return run(self(p).host,
                           [&] { self(p).impl.restore(version, std::string_view(static_cast<const char*>(d), n)); });
            };
        }
        if constexpr (requires(H & h) { h.stop(); })
            a.stop = [](void* p) noexcept { return run(self(p).host, [&] { self(p).impl.stop(); }); };
        return a;
    }();
    return &table;
}

template <class... H>
const udf_plugin* plugin() noexcept {
    static const udf_algorithm* const algorithms[] = {algorithm<H>()...};
    static const udf_plugin p = {sizeof(udf_plugin), UDF_TARGET_MINOR, algorithms, sizeof...(H), 0};
    return &p;
}

}  // namespace detail
}  // namespace udf

// Exports the handlers named as the algorithms of this plugin. Once, at file scope.
#define UDF_PLUGIN(...) \
    extern "C" UDF_EXPORT const udf_plugin* udf_plugin_v1(void) { return udf::detail::plugin<__VA_ARGS__>(); }

#endif  // UDF_PLUGIN_HPP
