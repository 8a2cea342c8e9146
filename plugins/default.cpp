// SPDX-License-Identifier: MIT
//
// default - gives fields and tags a value where a point lacks them, as Kapacitor's default node.
//
// Shows options that may be repeated: `args` holds every use of every option, in the order of the
// TICKscript. A name given twice keeps its last value.
//
// A field that is there stays as it is, whatever its type; so does a tag that is there and empty.
// A default for a tag that the stream is grouped by leaves the point's group id alone; Kapacitor
// works the group out anew from the tags.
#include <map>
#include <udf_plugin.hpp>

class Default {
public:
    static constexpr udf::Option options[] = {
        {"field", {UDF_STRING, UDF_DOUBLE}, "name and value of a field to set where absent", udf::repeatable},
        {"tag", {UDF_STRING, UDF_STRING}, "name and value of a tag to set where absent", udf::repeatable},
    };
    static constexpr udf::Info info{.name = "default",
                                    .wants = UDF_STREAM,
                                    .provides = UDF_STREAM,
                                    .options = options,
                                    .help = "Sets fields and tags that a point lacks"};

    Default(udf::Host host, const udf::Args& args) : host_(host) {
        for (const udf_arg& arg : args) {
            const auto name = udf::get<std::string>(arg.values[0]).value();
            if (name.empty())
                throw std::invalid_argument("option '" + std::string(udf::view(arg.name)) +
                                            "': the name must not be empty");
            if (udf::view(arg.name) == "field")
                field_defaults_[name] = udf::get<double>(arg.values[1]).value();
            else
                tag_defaults_[name] = udf::get<std::string>(arg.values[1]).value();
        }
    }

    void point(const udf::Point& p) {
        fields_.assign(p.all_fields().begin(), p.all_fields().end());
        for (const auto& [name, value] : field_defaults_)
            if (!p.has_field(name)) fields_.push_back(udf::field(name, value));

        tags_.assign(p.all_tags().begin(), p.all_tags().end());
        for (const auto& [name, value] : tag_defaults_)
            if (!p.tag(name)) tags_.push_back({udf::str(name), udf::str(value)});

        // A point that lacks nothing goes out as it is: the host then copies its bytes.
        const bool complete = fields_.size() == p.field_count && tags_.size() == p.tag_count;
        host_.emit(complete ? p : p.with(fields_).with(tags_));
    }

private:
    udf::Host host_;
    std::map<std::string, double> field_defaults_;
    std::map<std::string, std::string> tag_defaults_;
    std::vector<udf_field> fields_;
    std::vector<udf_tag> tags_;
};

UDF_PLUGIN(Default)
