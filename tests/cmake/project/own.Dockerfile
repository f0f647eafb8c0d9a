FROM scratch AS one
ARG A
COPY data.txt /
LABEL a=$A
FROM scratch
COPY data.txt /two
