// SPDX-License-Identifier: MIT
//
// What a function emits, as text. A printer is handed begin, point and end responses in the order
// in which they come. The points of a batch carry no name: they are printed with that of the batch
// and with its tags beside their own.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "client/output_file.h"
#include "udf.pb.h"

namespace client {

namespace pb = kapacitor::udf;

class Printer {
public:
    virtual ~Printer() = default;

    void print(pb::Response&& response);

    // Writes out whatever is held back.
    void flush();

protected:
    explicit Printer(OutputFile& out) : out_(out) {}

    virtual void begin(const pb::BeginBatch&) {}
    virtual void point(const pb::Point& point) = 0;
    virtual void end(const pb::EndBatch&) {}
    virtual void drain() {}  // puts what it holds back into the output

    OutputFile& out_;

private:
    pb::BeginBatch batch_;
    bool in_batch_ = false;
};

// `format` is line, json or table; throws std::invalid_argument for others.
//   line   line protocol; a point that it cannot express is a comment that says why
//   json   one object a line: {"time":,"name":,"group":,"tags":{},"fields":{}} for a point, and
//          around those of a batch {"begin":{"name":,"group":,"tags":{},"size":}} and
//          {"end":{"name":,"group":,"tags":{},"tmax":}}; times in ns, NaN as null
//   table  aligned columns for people
std::unique_ptr<Printer> make_printer(std::string_view format, OutputFile& out);

std::unique_ptr<Printer> make_line_printer(OutputFile& out);
std::unique_ptr<Printer> make_json_printer(OutputFile& out);
std::unique_ptr<Printer> make_table_printer(OutputFile& out);

}  // namespace client
