// SPDX-License-Identifier: MIT
//
// moving_avg - the mean of the last `size` values of a field, per group.
//
// Shows state per group, points handled in runs, and a snapshot that survives a restart.
//
// The usual running sum adds what enters the window and subtracts what leaves it. Each step rounds,
// so the sum drifts, and one NaN or infinity stays for ever: inf - inf is NaN. Adding the window up
// for every point has neither fault and costs `size` additions a point. The window here is the
// two-stacks queue (Hirzel, Schneider, Tangwongsan: Sliding-Window Aggregation Algorithms, DEBS
// 2017), both stacks in one array: it never subtracts, so that each mean depends on the values in the
// window alone, and a value is added twice in its life, however large the window.
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <udf_plugin.hpp>

namespace {

using nlohmann::json;

// A queue of values that knows its sum, in one array:
//
//     | gone | sums | values |
//
// New values enter at the end. In place of each older value stands its sum with the older values
// behind it, so that the first of these is the sum of them all. When the last has gone, the values
// that have come since are turned into sums.
//
// Memory follows what has arrived, not the size of the window.
class Window {
public:
    size_t count() const noexcept { return items_.size() - first_; }

    double mean() const noexcept {
        const double older_sum = first_ < values_ ? items_[first_] : 0;
        return (older_sum + values_sum_) / static_cast<double>(count());
    }

    void push(double value) {
        items_.push_back(value);
        values_sum_ += value;
    }

    // Drops the oldest value. The window must not be empty.
    void pop() {
        if (first_ == values_) turn_over();
        ++first_;
    }

    // As it stands, so that a window made anew adds in the same order: its means are the same to the
    // last bit.
    json to_json() const {
        json sums = json::array(), values = json::array();
        for (size_t i = first_; i < items_.size(); ++i) (i < values_ ? sums : values).push_back(number(items_[i]));
        return {{"sums", std::move(sums)}, {"values", std::move(values)}};
    }

    explicit Window(const json& state) {
        const json &sums = state.at("sums"), &values = state.at("values");
        if (!sums.is_array() || !values.is_array()) throw std::invalid_argument("'sums' and 'values' must be lists");
        for (const json& sum : sums) items_.push_back(number(sum));
        values_ = items_.size();
        for (const json& value : values) push(number(value));
    }
    Window() = default;

private:
    void turn_over() {
        items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
        double sum = 0;
        for (auto item = items_.rbegin(); item != items_.rend(); ++item) *item = sum += *item;
        values_ = items_.size();
        values_sum_ = 0;
    }

    // JSON has no NaN and no infinities: they are written as strings.
    static json number(double v) {
        if (std::isfinite(v)) return v;
        return std::isnan(v) ? "nan" : v > 0 ? "inf" : "-inf";
    }
    static double number(const json& v) {
        constexpr double kInfinity = std::numeric_limits<double>::infinity();
        if (v.is_number()) return v.get<double>();
        if (v == "nan") return std::numeric_limits<double>::quiet_NaN();
        if (v == "inf") return kInfinity;
        if (v == "-inf") return -kInfinity;
        throw std::invalid_argument("there is " + v.dump() + ", which is no number");
    }

    std::vector<double> items_;
    size_t first_ = 0, values_ = 0;  // where the sums and the values begin
    double values_sum_ = 0;
};

// Kapacitor's strings need not be UTF-8, JSON's must be: one that is not becomes a list of bytes.
json text(const std::string& s) {
    try {
        json(s).dump();
        return s;
    } catch (const json::type_error&) {
        return std::vector<uint8_t>(s.begin(), s.end());
    }
}
std::string text(const json& j) {
    if (j.is_string()) return j.get<std::string>();
    const auto bytes = j.get<std::vector<uint8_t>>();
    return {bytes.begin(), bytes.end()};
}

}  // namespace

class MovingAvg {
public:
    static constexpr udf::Option options[] = {
        {"field", {UDF_STRING}, "the field to average, a double or an integer", udf::required},
        {"size", {UDF_INT}, "how many values the mean is over, at least 1", udf::required},
        {"as", {UDF_STRING}, "name of the field with the mean (default 'avg')"},
    };
    static constexpr udf::Info info{.name = "moving_avg",
                                    .wants = UDF_STREAM,
                                    .provides = UDF_STREAM,
                                    .options = options,
                                    .help = "Mean of the last values of a field, per group"};

    MovingAvg(udf::Host host, const udf::Args& args)
        : host_(host), field_(args.get<std::string>("field")), as_(args.get_or<std::string>("as", "avg")) {
        const auto size = args.get<int64_t>("size");
        if (size < 1) throw std::invalid_argument("option 'size' must be at least 1, not " + std::to_string(size));
        if (as_.empty()) throw std::invalid_argument("option 'as' must not be empty");
        size_ = static_cast<size_t>(size);
    }

    // The points that have arrived, with one call of the host for all that comes of them. What is
    // emitted refers to means_, which therefore must not grow on the way.
    void points(std::span<const udf::Point> run) {
        out_.clear();
        means_.resize(run.size());
        windows_.prefetch(run);
        for (const udf::Point& p : run) {
            const auto value = p.field<double>(field_);  // reads integers too
            if (!value) {
                pass_by();
                continue;
            }
            Window& window = windows_[p.group];
            if (window.count() == size_) window.pop();
            window.push(*value);
            udf_field& mean = means_[out_.size()];
            mean = udf::field(as_, window.mean());
            out_.push_back(p.with({&mean, 1}));
        }
        if (!out_.empty()) host_.emit(out_);
    }

    void snapshot(udf::Sink sink) const {
        json groups = json::array();
        for (const auto& [id, window] : windows_) {
            groups.push_back(window.to_json());
            groups.back()["group"] = text(id);
        }
        sink.write(json{{"field", text(field_)}, {"groups", std::move(groups)}}.dump());
    }

    // The state may come from a task whose options were changed since. Another size is fine: each
    // window keeps its newest values. Another field is not: its values would mix with these.
    void restore(uint32_t, std::string_view bytes) {
        udf::Groups<Window> windows;
        std::string field;
        try {
            const json state = json::parse(bytes);
            field = text(state.at("field"));
            for (const json& group : state.at("groups")) {
                Window& window = windows[text(group.at("group"))];
                window = Window(group);
                while (window.count() > size_) window.pop();
            }
        } catch (const std::exception& e) {
            throw std::runtime_error(std::string("the snapshot cannot be read: ") + e.what());
        }
        if (field != field_)
            throw std::runtime_error("the snapshot is of field '" + field + "', but option 'field' is '" + field_ +
                                     "': name the task anew to start without it");
        windows_ = std::move(windows);
    }

    void stop() {
        if (passed_by_ > 0)
            host_.info(std::to_string(passed_by_) + " points without a number in field '" + field_ +
                       "' were passed by");
    }

private:
    void pass_by() {
        if (passed_by_++ == 0)
            host_.warn("a point has no number in field '" + field_ + "': passed by, as will be all such points");
    }

    udf::Host host_;
    std::string field_, as_;
    size_t size_;
    udf::Groups<Window> windows_;
    uint64_t passed_by_ = 0;

    // Kept from run to run, so that a point costs no allocation.
    std::vector<udf_field> means_;
    std::vector<udf::Point> out_;
};

UDF_PLUGIN(MovingAvg)
