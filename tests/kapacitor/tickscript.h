// SPDX-License-Identifier: MIT
//
// Reads as much of a TICKscript as tells which functions it uses, `@name()`, and with which options. Knows comments,
// strings, references, numbers and durations; of all other expressions, lambdas and regular ones, that they are there.
#pragma once

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct UsedOption {
    std::string name;
    std::vector<std::string> types;  // as `udf-host list --json` has them; what Kapacitor has no literal for is "other"
    std::vector<std::string> values;  // of strings without the quotes
};

struct UsedFunction {
    std::string name;
    bool on_batches = false;  // whether what is in front of it makes batches
    std::vector<UsedOption> options;
};

class TickscriptReader {
public:
    explicit TickscriptReader(std::string_view text) : text_(text) {}

    std::vector<UsedFunction> functions() {
        std::vector<UsedFunction> result;
        bool batches = false;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (skipped() || quoted()) continue;
            if (std::isalpha(static_cast<unsigned char>(c))) {
                const std::string word = this->word();
                if (word == "stream") batches = false;
                if (word == "batch" || word == "window") batches = true;
            } else if (c == '@') {
                ++at_;
                result.push_back({word(), batches, {}});
                arguments();
                while (next_is('.')) {
                    ++at_;
                    UsedOption option{word(), {}, {}};
                    arguments(&option);
                    result.back().options.push_back(std::move(option));
                }
            } else {
                ++at_;
            }
        }
        return result;
    }

private:
    // White space and comments; true where there was any.
    bool skipped() {
        const size_t before = at_;
        while (at_ < text_.size()) {
            if (std::isspace(static_cast<unsigned char>(text_[at_]))) {
                ++at_;
            } else if (text_.substr(at_, 2) == "//") {
                at_ = std::min(text_.find('\n', at_), text_.size());
            } else {
                break;
            }
        }
        return at_ != before;
    }

    bool next_is(char c) {
        skipped();
        return at_ < text_.size() && text_[at_] == c;
    }

    // A string or a reference; true where there was one, which is put into `value`.
    bool quoted(std::string* value = nullptr) {
        const char quote = text_[at_];
        if (quote != '\'' && quote != '"') return false;
        for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
            if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == quote) ++at_;
            if (value) value->push_back(text_[at_]);
        }
        if (at_ == text_.size()) throw std::runtime_error("a string does not end");
        ++at_;
        return true;
    }

    std::string word() {
        const size_t begin = at_;
        while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_')) ++at_;
        return std::string(text_.substr(begin, at_ - begin));
    }

    void arguments(UsedOption* option = nullptr) {
        if (!next_is('(')) throw std::runtime_error("no arguments behind a name");
        ++at_;
        while (!next_is(')')) {
            if (at_ >= text_.size()) throw std::runtime_error("arguments do not end");
            if (text_[at_] == ',') {
                ++at_;
                continue;
            }
            const bool is_string = text_[at_] == '\'';
            std::string value;
            if (!quoted(&value))
                while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != ')') value.push_back(text_[at_++]);
            if (!option) continue;
            option->types.push_back(is_string ? "string" : type_of(value));
            option->values.push_back(value);
        }
        ++at_;
    }

    static std::string type_of(const std::string& literal) {
        if (literal == "TRUE" || literal == "FALSE") return "bool";
        const size_t behind = literal.find_first_not_of("-0123456789.");
        if (behind == 0) return "other";
        if (behind != std::string::npos) return "duration";
        return literal.find('.') == std::string::npos ? "int" : "double";
    }

    std::string_view text_;
    size_t at_ = 0;
};
