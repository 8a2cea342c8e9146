// SPDX-License-Identifier: MIT
//
// set_field - sets one field of every point to a constant.
//
// Shows an option with two arguments, and how to emit a point with other fields: copy those to
// keep into an array of your own, add yours, and emit p.with(array). Everything else (name, tags,
// dimensions, time) stays the input point's.
#include <udf_plugin.hpp>

class SetField {
public:
    static constexpr udf::Option options[] = {
        {"field", {UDF_STRING, UDF_DOUBLE}, "name and value of the field to set", udf::required},
    };
    static constexpr udf::Info info{.name = "set_field",
                                    .wants = UDF_STREAM,
                                    .provides = UDF_STREAM,
                                    .options = options,
                                    .help = "Adds a field with a constant value, or overwrites it"};

    SetField(udf::Host host, const udf::Args& args)
        : host_(host), name_(args.get<std::string>("field", 0)), value_(args.get<double>("field", 1)) {
        if (name_.empty()) throw std::invalid_argument("option 'field': the name must not be empty");
    }

    void point(const udf::Point& p) {
        fields_.clear();
        for (const udf_field& f : p.all_fields())
            if (udf::view(f.name) != name_) fields_.push_back(f);
        fields_.push_back(udf::field(name_, value_));
        host_.emit(p.with(fields_));
    }

private:
    udf::Host host_;
    std::string name_;  // options are copied: what the host passes in is gone when the call returns
    double value_;
    std::vector<udf_field> fields_;  // a member, so that a point costs no allocation
};

UDF_PLUGIN(SetField)
