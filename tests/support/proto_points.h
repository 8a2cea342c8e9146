// SPDX-License-Identifier: MIT
//
// Between the structs of udf_plugin.h and the generated messages, so that the codec can be held
// against protobuf's own.
#pragma once

#include <udf.pb.h>
#include <udf_plugin.h>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <string>
#include <vector>

namespace support {

namespace pb = kapacitor::udf;

inline std::string text(udf_str s) { return {s.data ? s.data : "", s.size}; }
inline udf_str str(const std::string& s) { return {s.data(), s.size()}; }

inline pb::Point to_proto(const udf_point& p) {
    pb::Point out;
    out.set_time(p.time);
    out.set_name(text(p.name));
    out.set_database(text(p.database));
    out.set_retentionpolicy(text(p.retention_policy));
    out.set_group(text(p.group));
    out.set_byname(p.by_name);
    for (uint32_t i = 0; i < p.dimension_count; ++i) out.add_dimensions(text(p.dimensions[i]));
    for (uint32_t i = 0; i < p.tag_count; ++i) (*out.mutable_tags())[text(p.tags[i].key)] = text(p.tags[i].value);
    for (uint32_t i = 0; i < p.field_count; ++i) {
        const udf_field& f = p.fields[i];
        const std::string name = text(f.name);
        switch (f.value.type) {
            case UDF_BOOL:
                (*out.mutable_fieldsbool())[name] = f.value.as.i != 0;
                break;
            case UDF_INT:
                (*out.mutable_fieldsint())[name] = f.value.as.i;
                break;
            case UDF_DOUBLE:
                (*out.mutable_fieldsdouble())[name] = f.value.as.f;
                break;
            default:
                (*out.mutable_fieldsstring())[name] = std::string(f.value.as.s ? f.value.as.s : "", f.value.size);
        }
    }
    return out;
}

// A udf_point that looks into a message, which must outlive it.
class PointView {
public:
    explicit PointView(const pb::Point& p) {
        for (const auto& [k, v] : p.tags()) tags_.push_back({str(k), str(v)});
        for (const auto& d : p.dimensions()) dimensions_.push_back(str(d));
        for (const auto& [k, v] : p.fieldsdouble()) add(k, UDF_DOUBLE).as.f = v;
        for (const auto& [k, v] : p.fieldsint()) add(k, UDF_INT).as.i = v;
        for (const auto& [k, v] : p.fieldsbool()) add(k, UDF_BOOL).as.i = v;
        for (const auto& [k, v] : p.fieldsstring()) {
            udf_value& value = add(k, UDF_STRING);
            value.as.s = v.data();
            value.size = static_cast<uint32_t>(v.size());
        }
        point_.time = p.time();
        point_.name = str(p.name());
        point_.database = str(p.database());
        point_.retention_policy = str(p.retentionpolicy());
        point_.group = str(p.group());
        point_.by_name = p.byname();
        point_.fields = fields_.data();
        point_.field_count = static_cast<uint32_t>(fields_.size());
        point_.tags = tags_.data();
        point_.tag_count = static_cast<uint32_t>(tags_.size());
        point_.dimensions = dimensions_.data();
        point_.dimension_count = static_cast<uint32_t>(dimensions_.size());
    }
    PointView(const PointView&) = delete;
    PointView& operator=(const PointView&) = delete;

    const udf_point& point() const { return point_; }
    const std::vector<udf_field>& fields() const { return fields_; }

private:
    udf_value& add(const std::string& name, uint32_t type) {
        udf_field& f = fields_.emplace_back();
        f.name = str(name);
        f.value.type = type;
        return f.value;
    }

    std::vector<udf_field> fields_;
    std::vector<udf_tag> tags_;
    std::vector<udf_str> dimensions_;
    udf_point point_{};
};

// Two messages mean the same where these bytes are equal: maps in order, NaN by its bits.
// Unknown fields do not count: nobody reads them.
template <class Message>
std::string meaning(Message message) {
    message.DiscardUnknownFields();
    std::string bytes;
    {
        google::protobuf::io::StringOutputStream stream(&bytes);
        google::protobuf::io::CodedOutputStream out(&stream);
        out.SetSerializationDeterministic(true);
        message.SerializeToCodedStream(&out);
    }
    return bytes;
}

}  // namespace support
