#pragma once

#include <functional>
#include <vector>

#include "layer/pack.hpp"
#include "layer/view.hpp"
#include "store/store.hpp"

namespace slipway {

/// The table of contents of a layer: the stored one, or listed anew from the blob
/// (and stored) when that is gone or damaged. Throws Errc::integrity for a layer with
/// another diff ID.
Contents contents_of(const Layer& layer, const Store& store);

/// List what of the layers' tables the store lacks, several at once.
void require_contents(const std::vector<Layer>& layers, const Store& store);

/// The filesystem that the layers give, lowest first. Their blobs are read only where
/// the store does not have their tables of contents.
View view_of(const std::vector<Layer>& layers, const Store& store);

std::vector<Descriptor> blobs_of(const std::vector<Layer>& layers);

/// An image's layers, lowest first.
std::vector<Layer> layers_of(const LocatedImage& image);

/// One layer's worth of the view: what a base with many layers, whiteouts
/// included, looks like from above.
Contents flatten(const View& view);

/// Owner and group of --chown and USER: "u", "u:g", names looked up in the
/// view's /etc/passwd and /etc/group. A user alone gives `group_of` its number
/// (COPY --chown) or, for USER, the user's own group.
struct Owner {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};
enum class LoneUser { same_number, own_group };
/// Throws Errc::input: "find user 'x': not in /etc/passwd".
Owner find_owner(std::string_view text, const View& view, LoneUser lone_user);

/// The home of the user in the view's /etc/passwd; "/" for a user it does not know.
std::string home_of(const Owner& owner, const View& view);

/// The groups that USER `text` is a member of in the view's /etc/group, besides
/// its own; none where `text` names a group.
std::vector<std::uint32_t> groups_of(std::string_view text, const View& view);

}  // namespace slipway
