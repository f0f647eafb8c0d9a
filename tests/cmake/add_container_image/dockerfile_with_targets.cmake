add_targets()
add_container_image(image DOCKERFILE own.Dockerfile TARGETS app)
