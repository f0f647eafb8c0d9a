add_container_image(image DOCKERFILE Dockerfile STRIP on)
