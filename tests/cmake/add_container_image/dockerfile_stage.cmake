add_container_image(image DOCKERFILE own.Dockerfile TARGET_STAGE on)
