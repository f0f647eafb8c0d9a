"""What an IDE sees of an image's targets: file_api.py BUILD TARGET prints them, each
with its folder, type and sources, from the reply of CMake's File API."""

import json
import pathlib
import sys

REPLY = ".cmake/api/v1/reply"


def main():
    reply = pathlib.Path(sys.argv[1], REPLY)
    model = json.loads(next(reply.glob("codemodel-v2-*.json")).read_text())
    for target in model["configurations"][0]["targets"]:
        if not target["name"].startswith(sys.argv[2]):
            continue
        described = json.loads((reply / target["jsonFile"]).read_text())
        sources = [pathlib.PurePath(source["path"]).name for source in described.get("sources", [])
                   if not source.get("isGenerated")]
        print(described["name"], described.get("folder", {}).get("name"), described["type"], *sources)


if __name__ == "__main__":
    main()
