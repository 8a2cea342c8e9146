// SPDX-License-Identifier: MIT
#include "plot/ticks.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include "text/rfc3339.h"

namespace plot {
namespace {

constexpr double kMostExtreme = 1e307;  // twice as far is still a number

// The round number that is nearest by its logarithm.
double round_step(double about) {
    const double power = std::pow(10.0, std::floor(std::log10(about)));
    const double factor = about / power;
    return power * (factor < 1.42 ? 1 : factor < 3.17 ? 2 : factor < 7.08 ? 5 : 10);
}

// 1250000 as 1,250,000.
std::string with_commas(std::string number) {
    const size_t first = number.starts_with('-') ? 1 : 0;
    size_t end = std::min(number.find('.'), number.size());
    while (end > first + 3) number.insert(end -= 3, ",");
    return number;
}

// The same for all labels of an axis, so that they can be compared at a glance.
class ValueLabels {
public:
    ValueLabels(double largest, double step) : plain_(largest < 1e15 && step > 1e-9) {
        constexpr std::pair<double, const char*> kUnits[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}};
        for (const auto& [size, suffix] : kUnits)
            if (size_ == 1 && largest >= 10 * size && step >= size / 10) {
                size_ = size;
                suffix_ = suffix;
            }
        decimals_ = std::max(0, static_cast<int>(-std::floor(std::log10(step / size_) + 1e-9)));
    }
    std::string operator()(double value) const {
        if (value == 0) return "0";
        if (!plain_) return fmt::format("{:.4g}", value);
        return with_commas(fmt::format("{:.{}f}", value / size_, decimals_)) + suffix_;
    }

private:
    bool plain_;
    double size_ = 1;
    const char* suffix_ = "";
    int decimals_;
};

using std::chrono::nanoseconds;
using std::chrono::system_clock;
using std::chrono::year_month_day;

constexpr int64_t kSecond = 1'000'000'000, kDay = 86'400 * kSecond;

system_clock::time_point point_of(int64_t ns) { return system_clock::time_point(nanoseconds(ns)); }

std::string date_of(int64_t ns) { return text::rfc3339(point_of(ns)).substr(0, 10); }

// The time of the day, to the unit of the step.
std::string clock_of(int64_t ns, int64_t step) {
    const std::string time = text::rfc3339(point_of(ns)).substr(11);  // 10:39:05.25Z
    if (step % (60 * kSecond) == 0) return time.substr(0, 5);
    std::string label = time.substr(0, 8);
    size_t digits = 0;
    for (int64_t unit = kSecond; step % unit != 0; unit /= 10) ++digits;
    if (digits == 0) return label;
    std::string fraction = time[8] == '.' ? time.substr(9, time.size() - 10) : "";
    fraction.resize(digits, '0');
    return label + '.' + fraction;
}

// Steps of a fixed length, from a nanosecond to ten days.
std::vector<int64_t> fixed_steps() {
    std::vector<int64_t> steps;
    for (int64_t power = 1; power < kSecond; power *= 10)
        for (const int64_t factor : {1, 2, 5}) steps.push_back(factor * power);
    for (const int64_t seconds : {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200})
        steps.push_back(seconds * kSecond);
    for (const int64_t days : {1, 2, 5, 10}) steps.push_back(days * kDay);
    return steps;
}

// Exact first: of two times that are near each other and far from 1970 a double knows no difference.
double length_of(int64_t from, int64_t to) {
    return static_cast<double>(static_cast<uint64_t>(to) - static_cast<uint64_t>(from));
}

// Nothing where they do not fit.
std::optional<std::vector<TimeTick>> fixed_ticks(int64_t from, int64_t to, int64_t step, double character) {
    const bool is_clock = step < kDay;
    const size_t length = is_clock ? clock_of(0, step).size() : 10;
    const double range = length_of(from, to);
    const double room = 1.5 * character * static_cast<double>(is_clock ? std::max<size_t>(length, 6) : length);
    if (static_cast<double>(step) < room * range) return std::nullopt;
    std::vector<TimeTick> ticks;
    int64_t time = from / step * step;
    if (time < from && __builtin_add_overflow(time, step, &time)) return ticks;
    std::string day;
    while (time <= to) {
        const std::string date = date_of(time);
        ticks.push_back({time, is_clock ? clock_of(time, step) : date, ""});
        if (is_clock && date != day) ticks.back().date = day = date;
        if (__builtin_add_overflow(time, step, &time)) break;
    }
    return ticks;
}

std::vector<TimeTick> calendar_ticks(int64_t from, int64_t to, double character) {
    using namespace std::chrono;
    const double range = length_of(from, to);
    constexpr double kMonth = 30.44 * static_cast<double>(kDay);
    for (const int step : {1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000}) {
        if (kMonth * step < 1.5 * 7 * character * range) continue;
        const year_month_day first(floor<days>(point_of(from)));
        const int month =
            static_cast<int>(first.year()) * 12 + static_cast<int>(static_cast<unsigned>(first.month())) - 1;
        std::vector<TimeTick> ticks;
        for (int m = month / step * step;; m += step) {
            const year_month_day day = year(m / 12) / std::chrono::month(static_cast<unsigned>(m % 12) + 1) / 1;
            const int64_t seconds = sys_days(day).time_since_epoch().count() * 86'400LL;
            int64_t time = 0;
            if (__builtin_mul_overflow(seconds, kSecond, &time)) {
                if (seconds < 0) continue;  // the first may lie before all times
                return ticks;
            }
            if (time > to) return ticks;
            const std::string date = date_of(time);
            if (time >= from) ticks.push_back({time, step % 12 == 0 ? date.substr(0, 4) : date.substr(0, 7), ""});
        }
    }
    return {};
}

}  // namespace

ValueAxis value_axis(double low, double high, size_t wanted) {
    low = std::clamp(low, -kMostExtreme, kMostExtreme);
    high = std::clamp(high, -kMostExtreme, kMostExtreme);
    const double size = std::max(std::abs(low), std::abs(high));
    if (high - low <= size * 1e-12 || high == low) {
        const double room = size < 1e-300 ? 1 : size * 0.05;
        low = low == 0 ? 0 : low - room;
        high += room;
    }
    const double step = round_step((high - low) / static_cast<double>(std::max<size_t>(1, wanted)));
    const double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
    ValueAxis axis{first * step, last * step, {}};
    const ValueLabels label(std::max(std::abs(axis.low), std::abs(axis.high)), step);
    const auto steps = static_cast<size_t>(std::lround(last - first));
    for (size_t i = 0; i <= steps; ++i) {
        const double value = (first + static_cast<double>(i)) * step;
        axis.ticks.push_back({value, label(value)});
    }
    return axis;
}

std::vector<TimeTick> time_ticks(int64_t from, int64_t to, double character) {
    for (const int64_t step : fixed_steps())
        if (auto ticks = fixed_ticks(from, to, step, character)) return std::move(*ticks);
    return calendar_ticks(from, to, character);
}

}  // namespace plot
