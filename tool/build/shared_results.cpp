#include "build/shared_results.hpp"

#include "base/error.hpp"
#include "build/shared_cache.hpp"
#include "layer/contents.hpp"

namespace slipway {

std::optional<Layer> find_shared(const Step& step, const std::string& key,
                                 const BuildContext& context) {
  if (context.cache == nullptr || context.fresh.contains(step.id)) return std::nullopt;
  return context.cache->find(key, context.store);
}

std::optional<PackedLayer> find_shared(const Step& step, std::span<const PackItem> items,
                                       const PackOptions& packing, const BuildContext& context) {
  if (context.cache == nullptr || !context.cache->has_sources() || context.fresh.contains(step.id))
    return std::nullopt;
  auto tar = tar_of(items, [](std::span<const std::byte>) {});
  const auto found = context.cache->find(key_of_tar(tar.diff_id, packing), context.store);
  if (!found || found->diff_id != tar.diff_id) return std::nullopt;
  context.store.write_contents(tar.diff_id, to_text(tar.contents));
  return PackedLayer{{found->blob, tar.diff_id, tar.size}, std::move(tar.contents)};
}

bool is_shared(const Step& step, const BuildContext& context) {
  return context.cache != nullptr && context.cache->keeps(step.is_of_image);
}

void share(const Step& step, const std::string& key, const Layer& layer,
           const BuildContext& context) {
  if (is_shared(step, context))
    context.cache->keep(
        key, [&] { return layer; }, step.is_of_image, context.store);
}

}  // namespace slipway
