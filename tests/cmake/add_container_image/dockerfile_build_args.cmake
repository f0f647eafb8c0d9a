add_container_image(image DOCKERFILE own.Dockerfile BUILD_ARGS =x)
