// SPDX-License-Identifier: MIT
//
// Prometheus' text format, read strictly: what it does not allow, and what good names are not, is an error.
#pragma once

#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

class Exposition {
public:
    using Labels = std::map<std::string, std::string>;
    struct Family {
        std::string type, help;
        std::map<std::pair<std::string, Labels>, double> samples;  // by name, with _bucket and so on, and labels
    };

    // Throws std::runtime_error.
    explicit Exposition(std::string_view text) {
        if (!text.ends_with('\n')) fail("the text does not end with its line");
        std::istringstream lines{std::string(text)};
        for (std::string line; std::getline(lines, line);) read(line);
        for (const auto& [name, family] : families_) check(name, family);
    }

    const std::map<std::string, Family>& families() const noexcept { return families_; }
    bool has(const std::string& name, const Labels& labels) const {
        const auto family = families_.find(family_of(name));
        return family != families_.end() && family->second.samples.contains({name, labels});
    }
    // Of a sample; NaN where there is none.
    double operator()(const std::string& name, const Labels& labels) const {
        return has(name, labels) ? families_.at(family_of(name)).samples.at({name, labels})
                                 : std::numeric_limits<double>::quiet_NaN();
    }

private:
    [[noreturn]] static void fail(const std::string& what) { throw std::runtime_error(what); }

    static std::string without_end(const std::string& name, std::string_view end) {
        return name.ends_with(end) ? name.substr(0, name.size() - end.size()) : name;
    }
    std::string family_of(const std::string& name) const {
        for (const char* end : {"_bucket", "_sum", "_count"}) {
            const auto found = families_.find(without_end(name, end));
            if (found != families_.end() && found->second.type == "histogram") return found->first;
        }
        return name;
    }

    void read(const std::string& line) {
        if (line.starts_with("# HELP ")) {
            const size_t space = line.find(' ', 7);
            if (space == line.npos) fail("no help: " + line);
            current_ = line.substr(7, space - 7);
            check_name(current_, ":");
            if (!families_.emplace(current_, Family{"", line.substr(space + 1), {}}).second) fail("twice: " + line);
        } else if (line.starts_with("# TYPE ")) {
            const size_t space = line.find(' ', 7);
            if (current_.empty() || line.substr(7, space - 7) != current_) fail("a type without its help: " + line);
            families_[current_].type = line.substr(space + 1);
        } else {
            read_sample(line);
        }
    }

    void read_sample(const std::string& line) {
        const size_t end = line.find_first_of("{ ");
        if (end == line.npos) fail("no sample: " + line);
        const std::string name = line.substr(0, end);
        check_name(name, ":");
        if (family_of(name) != current_) fail("a sample outside of its family: " + line);
        size_t at = end;
        Labels labels;
        if (line[at] == '{') labels = read_labels(line, ++at);
        if (at >= line.size() || line[at] != ' ') fail("no value: " + line);
        const std::string text = line.substr(at + 1);
        double value = 0;
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
        if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || !std::isfinite(value))
            fail("no number: " + line);
        if (!families_[current_].samples.emplace(std::pair(name, labels), value).second) fail("twice: " + line);
    }

    static Labels read_labels(const std::string& line, size_t& at) {
        Labels labels;
        while (line.at(at) != '}') {
            const size_t equals = line.find("=\"", at);
            if (equals == line.npos) fail("no label: " + line);
            const std::string name = line.substr(at, equals - at);
            check_name(name, "");
            std::string value;
            for (at = equals + 2; line.at(at) != '"'; ++at) {
                if (line[at] != '\\') {
                    value += line[at];
                    continue;
                }
                const char escaped = line.at(++at);
                if (escaped != 'n' && escaped != '\\' && escaped != '"') fail("no escape: " + line);
                value += escaped == 'n' ? '\n' : escaped;
            }
            if (!labels.emplace(name, value).second) fail("a label twice: " + line);
            if (line.at(++at) == ',') ++at;
        }
        ++at;
        return labels;
    }

    static void check_name(const std::string& name, std::string_view others) {
        if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0) fail("no name: " + name);
        for (const char c : name)
            if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && others.find(c) == others.npos)
                fail("no name: " + name);
    }

    void check(const std::string& name, const Family& family) const {
        if (family.help.empty() || family.type.empty()) fail(name + " has no help, or no type");
        if (family.type != "counter" && family.type != "gauge" && family.type != "histogram") fail(name + ": its type");
        if ((family.type == "counter") != name.ends_with("_total")) fail(name + ": counters end in _total");
        for (const auto& [key, value] : family.samples)
            if (family.type != "gauge" && value < 0) fail(name + " is negative");
        if (family.type == "histogram") check_buckets(name, family);
    }

    static void check_buckets(const std::string& name, const Family& family) {
        std::map<Labels, std::map<double, double>> buckets;
        for (const auto& [key, value] : family.samples) {
            if (!key.first.ends_with("_bucket")) continue;
            Labels others = key.second;
            const std::string le = others.at("le");
            others.erase("le");
            buckets[others][le == "+Inf" ? std::numeric_limits<double>::infinity() : std::stod(le)] = value;
        }
        for (const auto& [key, count] : family.samples) {
            if (!key.first.ends_with("_count")) continue;
            if (!family.samples.contains({name + "_sum", key.second})) fail(name + " has no sum");
            const auto& its = buckets[key.second];
            if (its.empty() || !std::isinf(its.rbegin()->first) || its.rbegin()->second != count)
                fail(name + ": the last bucket has not all of them");
            double before = 0;
            for (const auto& [upper, value] : its)
                if (value < std::exchange(before, value)) fail(name + ": a bucket has fewer than the one before");
        }
        for (const auto& [labels, its] : buckets)
            if (!family.samples.contains({name + "_count", labels})) fail(name + " has no count");
    }

    std::map<std::string, Family> families_;
    std::string current_;
};
