add_container_image(image DOCKERFILE own.Dockerfile CONTEXT data.txt)
