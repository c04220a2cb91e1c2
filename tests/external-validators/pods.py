"""What a user of Debian's python3-kubernetes writes: list pods of all namespaces, get one, watch from the list's revision, list again when the watch ends with an error.
Usage: pods.py URL   says "held NAMESPACE/NAME@REVISION ..." after each change."""
import sys
import time

from kubernetes import client, watch
from kubernetes.client.rest import ApiException
from urllib3.exceptions import HTTPError

configuration = client.Configuration()
configuration.host = sys.argv[1]
configuration.retries = False
api = client.ApiClient(configuration)
core = client.CoreV1Api(api)
held = {}


def say():
    print('held', *sorted(f'{ns}/{name}@{revision}' for (ns, name), revision in held.items()), flush=True)


def key(pod):
    return pod.metadata.namespace, pod.metadata.name


while True:
    try:
        print('version', client.VersionApi(api).get_code().major, flush=True)
        pods = core.list_pod_for_all_namespaces(_request_timeout=10)
        held = {key(pod): pod.metadata.resource_version for pod in pods.items}
        for pod in pods.items[:1]:
            print('got', core.read_namespaced_pod(pod.metadata.name, pod.metadata.namespace, _request_timeout=10).metadata.name, flush=True)
        say()
        for event in watch.Watch().stream(core.list_pod_for_all_namespaces, resource_version=pods.metadata.resource_version, timeout_seconds=600):
            pod = event['object']
            if event['type'] == 'DELETED':
                held.pop(key(pod), None)
            else:
                held[key(pod)] = pod.metadata.resource_version
            say()
    except (ApiException, HTTPError) as error:
        print('again', type(error).__name__, getattr(error, 'status', ''), flush=True)
    time.sleep(0.1)
