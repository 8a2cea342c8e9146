// SPDX-License-Identifier: MIT
//
// A host for one handler, without a protocol: it feeds an algorithm points and records what the
// algorithm emits. For tests of plugins, and of whatever else fills in a udf_algorithm.
//
// Points are written as Record, which owns its strings and compares by value:
//
//     Handler avg(load(PLUGINS_DIR "/moving_avg.so"), {{"field", {"v"}}, {"size", {10}}});
//     avg.points({{.time = 1, .fields = {{"v", 1.5}}}});
//     CHECK(avg.emitted.at(0).fields.at("avg") == Value(1.5));
//
// Like the real host it hands every call fresh memory that is gone when the call returns, so that
// a plugin that keeps a pointer is caught by the address sanitizer. Emit from one thread only.
#pragma once

#include <dlfcn.h>
#include <udf_plugin.h>

#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace fake {

// A value of a field or option. Implicit, so that a test can write {"v", 1.5} and {"size", {10}}.
struct Value : std::variant<double, int64_t, bool, std::string> {
    Value(double v) : variant(v) {}
    Value(int v) : variant(int64_t{v}) {}
    Value(int64_t v) : variant(v) {}
    Value(bool v) : variant(v) {}
    Value(const char* v) : variant(std::string(v)) {}
    Value(std::string v) : variant(std::move(v)) {}
    double number() const { return std::get<double>(*this); }
    friend std::ostream& operator<<(std::ostream& out, const Value& v) {
        std::visit([&](const auto& x) { out << x; }, static_cast<const variant&>(v));
        return out;
    }
};

// A point, given to a handler or emitted by it.
struct Record {
    int64_t time = 0;
    std::map<std::string, Value> fields = {};
    std::map<std::string, std::string> tags = {};
    std::vector<std::string> dimensions = {};
    std::string group = {}, name = {}, database = {}, retention_policy = {};
    bool by_name = false;
    bool operator==(const Record&) const = default;
};

struct BatchRecord {
    std::vector<Record> points = {};
    std::map<std::string, std::string> tags = {};
    int64_t tmax = 0;
    std::string group = {}, name = {};
    bool by_name = false;
    bool operator==(const BatchRecord&) const = default;
};

struct LogLine {
    uint32_t level;
    std::string text;
};

// A handler failed or refused its options; what() is what it told the host.
struct Failed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline udf_str str(std::string_view s) { return {s.data(), s.size()}; }
inline std::string copy(udf_str s) { return s.size ? std::string(s.data, s.size) : std::string(); }

inline udf_value borrow(const Value& v) {
    udf_value r{};
    if (auto d = std::get_if<double>(&v)) r.as.f = *d, r.type = UDF_DOUBLE;
    if (auto i = std::get_if<int64_t>(&v)) r.as.i = *i, r.type = UDF_INT;
    if (auto b = std::get_if<bool>(&v)) r.as.i = *b, r.type = UDF_BOOL;
    if (auto s = std::get_if<std::string>(&v)) {
        r.as.s = s->data();
        r.size = static_cast<uint32_t>(s->size());
        r.type = UDF_STRING;
    }
    return r;
}
inline Value copy(const udf_value& v) {
    switch (v.type) {
        case UDF_DOUBLE:
            return v.as.f;
        case UDF_INT:
            return v.as.i;
        case UDF_BOOL:
            return v.as.i != 0;
        case UDF_STRING:
            return std::string(v.as.s, v.size);
    }
    return "a value of the unknown type " + std::to_string(v.type);
}

// The C structs for some records, in one piece of memory each, with an origin each.
class Points {
public:
    explicit Points(const std::vector<Record>& records) {
        for (const Record& r : records) {
            records_.push_back(std::make_unique<Record>(r));
            const Record& own = *records_.back();
            Arrays& a = arrays_.emplace_back();
            for (const auto& [name, value] : own.fields) a.fields.push_back({str(name), borrow(value)});
            for (const auto& [key, value] : own.tags) a.tags.push_back({str(key), str(value)});
            for (const std::string& d : own.dimensions) a.dimensions.push_back(str(d));
            udf_point p{};
            p.time = own.time;
            p.fields = a.fields.data();
            p.field_count = static_cast<uint32_t>(a.fields.size());
            p.tags = a.tags.data();
            p.tag_count = static_cast<uint32_t>(a.tags.size());
            p.dimensions = a.dimensions.data();
            p.dimension_count = static_cast<uint32_t>(a.dimensions.size());
            p.by_name = own.by_name;
            p.group = str(own.group);
            p.name = str(own.name);
            p.database = str(own.database);
            p.retention_policy = str(own.retention_policy);
            points_.push_back(p);
        }
        originals_ = points_;
        for (size_t i = 0; i < points_.size(); ++i) points_[i].origin = originals_[i].origin = &originals_[i];
    }
    const udf_point* data() const { return points_.data(); }
    size_t size() const { return points_.size(); }

private:
    struct Arrays {
        std::vector<udf_field> fields;
        std::vector<udf_tag> tags;
        std::vector<udf_str> dimensions;
    };
    std::vector<std::unique_ptr<Record>> records_;
    std::deque<Arrays> arrays_;
    std::vector<udf_point> points_, originals_;
};

// Opens a plugin and returns its algorithm; a plugin of several is asked for one by name.
inline const udf_algorithm& load(const char* file, std::string_view name = {}) {
    void* const plugin = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!plugin) throw std::runtime_error(dlerror());
    const auto entry = reinterpret_cast<const udf_plugin* (*)()>(dlsym(plugin, UDF_PLUGIN_ENTRY));
    if (!entry) throw std::runtime_error(std::string(file) + " exports no " UDF_PLUGIN_ENTRY);
    const udf_plugin* const table = entry();
    for (uint32_t i = 0; i < table->algorithm_count; ++i)
        if (name.empty() || name == table->algorithms[i]->name) return *table->algorithms[i];
    throw std::runtime_error(std::string(file) + " has no algorithm " + std::string(name));
}

using Options = std::vector<std::pair<std::string, std::vector<Value>>>;

// One running handler and all that came of it. A failure of the handler throws Failed. Destroys it.
class Handler {
public:
    Handler(const udf_algorithm& algorithm, const Options& options) : algorithm_(algorithm) {
        host_.owner = this;
        host_.struct_size = sizeof(udf_host);
        host_.abi_minor = UDF_ABI_MINOR;
        host_.version = "test";
        host_.task_id = str("task");
        host_.node_id = str("node");
        host_.emit_points = [](const udf_host* h, const udf_point* p, size_t n) { return of(h).take(p, n); };
        host_.emit_batch = [](const udf_host* h, const udf_batch* b) { return of(h).take(*b); };
        host_.fail = [](const udf_host* h, const char* s, size_t n) {
            if (of(h).failure.empty()) of(h).failure.assign(s, n);
        };
        host_.log = [](const udf_host* h, uint32_t level, const char* s, size_t n) {
            of(h).logged.push_back({level, std::string(s, n)});
        };

        const auto own = std::make_unique<const Options>(options);
        std::deque<std::vector<udf_value>> values;
        std::vector<udf_arg> args;
        for (const auto& [name, list] : *own) {
            auto& v = values.emplace_back();
            for (const Value& value : list) v.push_back(borrow(value));
            args.push_back({str(name), v.data(), static_cast<uint32_t>(v.size()), 0});
        }
        check(algorithm_.create(&host_, args.data(), args.size(), &self_));
    }
    ~Handler() { algorithm_.destroy(self_); }
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;

    // Hands the points over in one run.
    void points(const std::vector<Record>& records) {
        const Points p(records);
        check(algorithm_.points(self_, p.data(), p.size()));
    }
    // The same with points the test has made itself, for tests that count time or memory.
    void points(const udf_point* p, size_t n) { check(algorithm_.points(self_, p, n)); }

    void batch(const BatchRecord& record) {
        const BatchRecord own = record;
        const Points p(own.points);
        std::vector<udf_tag> tags;
        for (const auto& [key, value] : own.tags) tags.push_back({str(key), str(value)});
        udf_batch b{};
        b.points = p.data();
        b.point_count = p.size();
        b.tags = tags.data();
        b.tag_count = static_cast<uint32_t>(tags.size());
        b.by_name = own.by_name;
        b.tmax = own.tmax;
        b.group = str(own.group);
        b.name = str(own.name);
        check(algorithm_.batch(self_, &b));
    }

    std::string snapshot() {
        struct : udf_sink {
            std::string bytes;
        } sink{};
        static_cast<udf_sink&>(sink).write = [](udf_sink* s, const void* data, size_t size) {
            static_cast<decltype(sink)*>(s)->bytes.append(static_cast<const char*>(data), size);
        };
        check(algorithm_.snapshot(self_, &sink));
        return sink.bytes;
    }
    void restore(const std::string& state) {
        const std::vector<char> own(state.begin(), state.end());
        check(algorithm_.restore(self_, algorithm_.state_version, own.data(), own.size()));
    }
    void stop() {
        if (algorithm_.stop) check(algorithm_.stop(self_));
    }

    // What came of it, in order. A test may clear these.
    std::vector<Record> emitted;
    std::vector<BatchRecord> batches;
    std::vector<LogLine> logged;
    std::string failure;
    size_t unchanged = 0;   // of the points emitted, how many the host could copy as bytes
    size_t emit_calls = 0;  // calls of emit_points and emit_batch
    bool closed = false;    // set it: emits are answered UDF_CLOSED from now on
    void (*on_emit)(const udf_point*, size_t) = nullptr;  // set it: takes points instead of `emitted`

private:
    struct Host : udf_host {
        Handler* owner;
    };
    static Handler& of(const udf_host* h) { return *static_cast<const Host*>(h)->owner; }

    Record record(const udf_point& p) {
        if (p.origin && std::memcmp(&p, p.origin, sizeof p) == 0) ++unchanged;
        Record r{.time = p.time,
                 .group = copy(p.group),
                 .name = copy(p.name),
                 .database = copy(p.database),
                 .retention_policy = copy(p.retention_policy),
                 .by_name = p.by_name != 0};
        for (uint32_t i = 0; i < p.field_count; ++i)
            if (!r.fields.emplace(copy(p.fields[i].name), copy(p.fields[i].value)).second && failure.empty())
                failure = "field '" + copy(p.fields[i].name) + "' was emitted twice in one point";
        for (uint32_t i = 0; i < p.tag_count; ++i) r.tags.emplace(copy(p.tags[i].key), copy(p.tags[i].value));
        for (uint32_t i = 0; i < p.dimension_count; ++i) r.dimensions.push_back(copy(p.dimensions[i]));
        return r;
    }

    int take(const udf_point* p, size_t n) {
        ++emit_calls;
        if (closed) return UDF_CLOSED;
        if (on_emit)
            on_emit(p, n);
        else
            for (size_t i = 0; i < n; ++i) emitted.push_back(record(p[i]));
        return failure.empty() ? UDF_OK : UDF_ERROR;
    }
    int take(const udf_batch& b) {
        ++emit_calls;
        if (closed) return UDF_CLOSED;
        BatchRecord r{.tmax = b.tmax, .group = copy(b.group), .name = copy(b.name), .by_name = b.by_name != 0};
        for (uint64_t i = 0; i < b.point_count; ++i) r.points.push_back(record(b.points[i]));
        for (uint32_t i = 0; i < b.tag_count; ++i) r.tags.emplace(copy(b.tags[i].key), copy(b.tags[i].value));
        batches.push_back(std::move(r));
        return failure.empty() ? UDF_OK : UDF_ERROR;
    }

    void check(int status) {
        if (status == UDF_CLOSED && closed) return;
        if (status != UDF_OK || !failure.empty())
            throw Failed(failure.empty() ? "status " + std::to_string(status) + " without a message" : failure);
    }

    udf_algorithm algorithm_;
    Host host_{};
    void* self_ = nullptr;
};

}  // namespace fake
