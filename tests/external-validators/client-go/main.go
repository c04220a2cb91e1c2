// What a user of client-go writes: a shared informer of pods of all namespaces.
// Usage: pods URL; prints "held NAMESPACE/NAME@REVISION ..." after each change.
package main

import (
	"context"
	"fmt"
	"os"
	"sort"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

func main() {
	config := &rest.Config{Host: os.Args[1]}
	if len(os.Args) > 2 {
		config.ContentConfig = rest.ContentConfig{
			AcceptContentTypes: "application/vnd.kubernetes.protobuf,application/json",
			ContentType:        "application/vnd.kubernetes.protobuf",
		}
	}

	client, err := kubernetes.NewForConfig(config)
	check(err)
	version, err := client.Discovery().ServerVersion()
	check(err)
	fmt.Println("version", version.Major)
	check(get(client))

	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods()
	say := func() { fmt.Println("held", held(pods.Lister())) }
	_, err = pods.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { say() },
		UpdateFunc: func(any, any) { say() },
		DeleteFunc: func(any) { say() },
	})
	check(err)
	factory.Start(nil)
	factory.WaitForCacheSync(nil)
	say()
	select {}
}

// get lists the pods once, and reads the first of them by its name.
func get(client kubernetes.Interface) error {
	pods, err := client.CoreV1().Pods(corev1.NamespaceAll).List(context.Background(), metav1.ListOptions{})
	if err != nil || len(pods.Items) == 0 {
		return err
	}

	pod, err := client.CoreV1().Pods(pods.Items[0].Namespace).Get(context.Background(), pods.Items[0].Name, metav1.GetOptions{})
	if err == nil {
		fmt.Println("got", pod.Name)
	}

	return err
}

func held(lister listers.PodLister) string {
	pods, err := lister.List(labels.Everything())
	check(err)
	names := make([]string, 0, len(pods))
	for _, pod := range pods {
		names = append(names, fmt.Sprintf("%s/%s@%s", pod.Namespace, pod.Name, pod.ResourceVersion))
	}

	sort.Strings(names)
	return strings.Join(names, " ")
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "pods:", err)
		os.Exit(1)
	}
}
