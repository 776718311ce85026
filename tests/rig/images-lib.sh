# shellcheck shell=bash disable=SC2034 # sourced: the names are used elsewhere
# Where the stand-in base images are kept: a registry's store in the cache,
# keyed by everything they are made from. Needs lib.sh.

IMAGES_KEY=$(cd "$RIG_DIR" && find images -type f | sort | xargs cat versions.sh images.sh | sha256sum | cut -c1-12)
IMAGES_STORE=$RIG_CACHE/images/$IMAGES_KEY

images_complete() { [[ -e $IMAGES_STORE/complete ]]; }
