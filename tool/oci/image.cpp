#include "oci/image.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/json.hpp"
#include "oci/config_json.hpp"

namespace slipway {
namespace {

// Members keep the order in which the writers below put them, so the bytes (and with
// them the digests) are decided here and nowhere else.

/// A JSON value with the path to it, for messages.
class Reader {
 public:
  Reader(const Json& value, std::string path) : value_(&value), path_(std::move(path)) {}

  bool has(const char* key) const { return value_->contains(key) && !value_->at(key).is_null(); }

  Reader at(const char* key) const {
    if (!has(key)) refuse(fmt::format("'{}' is missing", key));
    return {value_->at(key), fmt::format("{}.{}", path_, key)};
  }

  const Reader& object() const {
    if (!value_->is_object()) refuse("expected an object");
    return *this;
  }

  std::string text() const {
    if (!value_->is_string()) refuse("expected a string");
    return value_->get<std::string>();
  }
  std::string text(const char* key) const { return has(key) ? at(key).text() : std::string(); }

  std::int64_t integer() const {
    if (!value_->is_number_integer()) refuse("expected a whole number");
    return value_->get<std::int64_t>();
  }
  std::int64_t integer(const char* key) const { return has(key) ? at(key).integer() : 0; }

  bool boolean(const char* key) const {
    if (!has(key)) return false;
    if (!value_->at(key).is_boolean()) at(key).refuse("expected true or false");
    return value_->at(key).get<bool>();
  }

  template <typename Each>
  void each_element(Each&& each) const {
    if (!value_->is_array()) refuse("expected an array");
    std::size_t index = 0;
    for (const auto& element : *value_)
      each(Reader(element, fmt::format("{}[{}]", path_, index++)));
  }

  template <typename Each>
  void each_member(Each&& each) const {
    object();
    for (const auto& [key, value] : value_->items())
      each(key, Reader(value, fmt::format("{}.{}", path_, key)));
  }

  std::vector<std::string> texts(const char* key) const {
    std::vector<std::string> result;
    if (has(key))
      at(key).each_element([&](const Reader& element) { result.push_back(element.text()); });
    return result;
  }

  std::map<std::string, std::string> text_map(const char* key) const {
    std::map<std::string, std::string> result;
    if (has(key)) {
      at(key).each_member(
          [&](const std::string& name, const Reader& value) { result[name] = value.text(); });
    }
    return result;
  }

  std::set<std::string> keys(const char* key) const {
    std::set<std::string> result;
    if (has(key))
      at(key).each_member([&](const std::string& name, const Reader&) { result.insert(name); });
    return result;
  }

  [[noreturn]] void refuse(std::string_view why) const {
    throw Error(Errc::input, fmt::format("parse {}: {}", path_, why));
  }

 private:
  const Json* value_;
  std::string path_;
};

Json parse_object(std::string_view text, std::string_view what) {
  auto json = try_parse_json(text);
  if (!json) throw Error(Errc::input, fmt::format("parse {}: not valid JSON", what));
  if (!json->is_object())
    throw Error(Errc::input, fmt::format("parse {}: expected an object", what));
  return *std::move(json);
}

std::string dump(const Json& json, std::string_view what) {
  try {
    return to_text(json);
  } catch (const Json::exception&) {
    throw Error(Errc::input, fmt::format("write {}: a text in it is not valid UTF-8", what));
  }
}

Platform read_platform(const Reader& json) {
  return {json.text("os"), json.text("architecture"), json.text("variant")};
}

Descriptor read_descriptor(const Reader& json) {
  json.object();
  Descriptor result;
  result.media_type = json.at("mediaType").text();
  result.digest = with_context([] { return std::string("read descriptor"); },
                               [&] { return Digest::parse(json.at("digest").text()); });
  const auto size = json.at("size").integer();
  if (size < 0) json.at("size").refuse("expected a size");
  result.size = static_cast<std::uint64_t>(size);
  result.annotations = json.text_map("annotations");
  result.artifact_type = json.text("artifactType");
  if (json.has("platform")) result.platform = read_platform(json.at("platform").object());
  return result;
}

Json write_platform(const Platform& platform) {
  Json json = {{"architecture", platform.architecture}, {"os", platform.os}};
  if (!platform.variant.empty()) json["variant"] = platform.variant;
  return json;
}

Json write_descriptor(const Descriptor& descriptor) {
  Json json = {{"mediaType", descriptor.media_type},
               {"digest", descriptor.digest.str()},
               {"size", descriptor.size}};
  if (!descriptor.annotations.empty()) json["annotations"] = descriptor.annotations;
  if (descriptor.platform) json["platform"] = write_platform(*descriptor.platform);
  if (!descriptor.artifact_type.empty()) json["artifactType"] = descriptor.artifact_type;
  return json;
}

Healthcheck read_healthcheck(const Reader& json) {
  return {json.texts("Test"),
          json.integer("Interval"),
          json.integer("Timeout"),
          json.integer("StartPeriod"),
          json.integer("StartInterval"),
          static_cast<int>(json.integer("Retries"))};
}

ContainerConfig read_container_config(const Reader& json) {
  ContainerConfig config;
  config.user = json.text("User");
  config.exposed_ports = json.keys("ExposedPorts");
  config.env = json.texts("Env");
  if (json.has("Entrypoint")) config.entrypoint = json.texts("Entrypoint");
  if (json.has("Cmd")) config.cmd = json.texts("Cmd");
  config.volumes = json.keys("Volumes");
  config.working_dir = json.text("WorkingDir");
  config.labels = json.text_map("Labels");
  config.stop_signal = json.text("StopSignal");
  config.shell = json.texts("Shell");
  config.onbuild = json.texts("OnBuild");
  if (json.has("Healthcheck"))
    config.healthcheck = read_healthcheck(json.at("Healthcheck").object());
  config.args_escaped = json.boolean("ArgsEscaped");
  return config;
}

Json write_container_config(const ContainerConfig& config) {
  Json json = Json::object();
  const auto put = [&](const char* key, const auto& value) {
    if (!value.empty()) json[key] = value;
  };
  put("User", config.user);
  if (!config.exposed_ports.empty()) json["ExposedPorts"] = empty_objects(config.exposed_ports);
  put("Env", config.env);
  if (config.entrypoint) json["Entrypoint"] = *config.entrypoint;
  if (config.cmd) json["Cmd"] = *config.cmd;
  if (!config.volumes.empty()) json["Volumes"] = empty_objects(config.volumes);
  put("WorkingDir", config.working_dir);
  put("Labels", config.labels);
  put("StopSignal", config.stop_signal);
  put("Shell", config.shell);
  put("OnBuild", config.onbuild);
  if (config.healthcheck) json["Healthcheck"] = healthcheck_json(*config.healthcheck);
  if (config.args_escaped) json["ArgsEscaped"] = true;
  return json;
}

HistoryEntry read_history(const Reader& json) {
  json.object();
  return {json.text("created"), json.text("created_by"), json.text("author"), json.text("comment"),
          json.boolean("empty_layer")};
}

Json write_history(const HistoryEntry& entry) {
  Json json = Json::object();
  const auto put = [&](const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
  };
  put("created", entry.created);
  put("created_by", entry.created_by);
  put("author", entry.author);
  put("comment", entry.comment);
  if (entry.empty_layer) json["empty_layer"] = true;
  return json;
}

}  // namespace

Json empty_objects(const std::set<std::string>& keys) {
  Json json = Json::object();
  for (const auto& key : keys) json[key] = Json::object();
  return json;
}

Json healthcheck_json(const Healthcheck& check) {
  Json json = {{"Test", check.test}};
  const auto put = [&](const char* key, std::int64_t value) {
    if (value != 0) json[key] = value;
  };
  put("Interval", check.interval);
  put("Timeout", check.timeout);
  put("StartPeriod", check.start_period);
  put("StartInterval", check.start_interval);
  put("Retries", check.retries);
  return json;
}

ImageConfig parse_image_config(std::string_view text) {
  const auto json = parse_object(text, "image config");
  const Reader reader(json, "image config");
  ImageConfig config;
  config.created = reader.text("created");
  config.author = reader.text("author");
  config.platform = read_platform(reader);
  if (config.platform.os.empty()) reader.refuse("'os' is missing");
  if (config.platform.architecture.empty()) reader.refuse("'architecture' is missing");
  if (reader.has("config")) config.config = read_container_config(reader.at("config").object());
  reader.at("rootfs").object().at("diff_ids").each_element([&](const Reader& element) {
    config.diff_ids.push_back(Digest::parse(element.text()));
  });
  if (reader.has("history")) {
    reader.at("history").each_element(
        [&](const Reader& element) { config.history.push_back(read_history(element)); });
  }
  return config;
}

std::string to_json(const ImageConfig& config) {
  Json json = Json::object();
  if (!config.created.empty()) json["created"] = config.created;
  if (!config.author.empty()) json["author"] = config.author;
  json.update(write_platform(config.platform));
  json["config"] = write_container_config(config.config);
  Json diff_ids = Json::array();
  for (const auto& diff_id : config.diff_ids) diff_ids.push_back(diff_id.str());
  json["rootfs"] = {{"type", "layers"}, {"diff_ids", std::move(diff_ids)}};
  Json history = Json::array();
  for (const auto& entry : config.history) history.push_back(write_history(entry));
  json["history"] = std::move(history);
  return dump(json, "image config");
}

Manifest parse_manifest(std::string_view text) {
  const auto json = parse_object(text, "manifest");
  const Reader reader(json, "manifest");
  if (reader.integer("schemaVersion") != 2) reader.refuse("only schema version 2 is supported");
  Manifest manifest;
  if (reader.text("mediaType") == media_type::docker_manifest)
    manifest.format = ImageFormat::docker;
  manifest.config = read_descriptor(reader.at("config"));
  reader.at("layers").each_element(
      [&](const Reader& element) { manifest.layers.push_back(read_descriptor(element)); });
  manifest.annotations = reader.text_map("annotations");
  manifest.artifact_type = reader.text("artifactType");
  if (reader.has("subject")) manifest.subject = read_descriptor(reader.at("subject"));
  return manifest;
}

std::string to_json(const Manifest& manifest) {
  const bool docker = manifest.format == ImageFormat::docker;
  Json layers = Json::array();
  for (const auto& layer : manifest.layers) layers.push_back(write_descriptor(layer));
  Json json = {{"schemaVersion", 2},
               {"mediaType", docker ? media_type::docker_manifest : media_type::oci_manifest}};
  if (!manifest.artifact_type.empty()) json["artifactType"] = manifest.artifact_type;
  json["config"] = write_descriptor(manifest.config);
  json["layers"] = std::move(layers);
  if (manifest.subject) json["subject"] = write_descriptor(*manifest.subject);
  if (!manifest.annotations.empty()) json["annotations"] = manifest.annotations;
  return dump(json, "manifest");
}

Index parse_index(std::string_view text) {
  const auto json = parse_object(text, "index");
  const Reader reader(json, "index");
  if (reader.integer("schemaVersion") != 2) reader.refuse("only schema version 2 is supported");
  Index index;
  reader.at("manifests").each_element([&](const Reader& element) {
    index.manifests.push_back(read_descriptor(element));
  });
  index.annotations = reader.text_map("annotations");
  return index;
}

std::string to_json(const Index& index) {
  Json manifests = Json::array();
  for (const auto& manifest : index.manifests) manifests.push_back(write_descriptor(manifest));
  Json json = {{"schemaVersion", 2},
               {"mediaType", index.format == ImageFormat::docker ? media_type::docker_index
                                                                 : media_type::oci_index},
               {"manifests", std::move(manifests)}};
  if (!index.annotations.empty()) json["annotations"] = index.annotations;
  return dump(json, "index");
}

void set_env(std::vector<std::string>& env, std::string_view key, std::string_view value) {
  const auto entry = fmt::format("{}={}", key, value);
  for (auto& old : env) {
    if (std::string_view(old).substr(0, old.find('=')) == key) {
      old = entry;
      return;
    }
  }
  env.push_back(entry);
}

std::optional<std::string_view> get_env(const std::vector<std::string>& env, std::string_view key) {
  for (const std::string_view entry : env) {
    const auto equals = entry.find('=');
    if (entry.substr(0, equals) != key) continue;
    return equals == std::string_view::npos ? std::string_view() : entry.substr(equals + 1);
  }
  return std::nullopt;
}

}  // namespace slipway
