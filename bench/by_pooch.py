"""Fetches by pooch: by_pooch.py FOLDER CA_FILE, lines `SHA256 URL` on standard input; .gz files are unpacked."""
import sys

import pooch

folder, ca_file = sys.argv[1:]
pooch.get_logger().setLevel("ERROR")
for line in sys.stdin:
    digest, url = line.split()
    name = url.rpartition("/")[2]
    pooch.retrieve(url, known_hash="sha256:" + digest, fname=name, path=folder,
                   downloader=pooch.HTTPDownloader(verify=ca_file),
                   processor=pooch.Decompress(name=name[:-3]) if name.endswith(".gz") else None)
