add_container_image(image DOCKERFILE absent/Dockerfile)
