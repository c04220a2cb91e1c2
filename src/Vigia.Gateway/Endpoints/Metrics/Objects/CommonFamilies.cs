using Vigia.Catalog.Paths;
using Vigia.Catalog.Rows;

namespace Vigia.Gateway.Endpoints.Metrics.Objects;

/// <summary>Families that several resources have, and the parts that families are made of.</summary>
internal static class CommonFamilies
{
    private static readonly byte[][] ConditionStates = ["true"u8.ToArray(), "false"u8.ToArray(), "unknown"u8.ToArray()];

    /// <summary>Reads a number of an object; NaN for none.</summary>
    public delegate double Reader(in ObjectView of);

    /// <summary>A metric with one series an object.</summary>
    public static ObjectFamily Number(string name, string help, Reader read) =>
        new(name, "", help, (SeriesWriter to, in ObjectView of) => to.Series(read(of)));

    /// <summary>When it was created.</summary>
    public static ObjectFamily Created(string prefix) =>
        Number(
            prefix + "_created",
            "When it was created, in seconds since 1970.",
            static (in ObjectView of) => ObjectView.Seconds(of.Object.CreationTimestamp)
        ) with
        {
            ReadsBody = false,
        };

    /// <summary>When it is to be gone; of those alone that are being deleted.</summary>
    public static ObjectFamily Deletion(string prefix) =>
        Number(
            prefix + "_deletion_timestamp",
            "When it will be deleted, in seconds since 1970; only for objects that are being deleted.",
            static (in ObjectView of) => ObjectView.Seconds(of.Object.DeletionTimestamp)
        ) with
        {
            ReadsBody = false,
        };

    /// <summary>The generation.</summary>
    public static ObjectFamily Generation(string prefix) =>
        Number(prefix + "_metadata_generation", "The desired generation.", static (in ObjectView of) => of.Object.Generation) with
        {
            ReadsBody = false,
        };

    /// <summary>The generation that a controller has seen.</summary>
    public static ObjectFamily ObservedGeneration(string prefix) =>
        Number(
            prefix + "_status_observed_generation",
            "The generation that its controller has observed.",
            static (in ObjectView of) => Count(of.Status["observedGeneration"u8])
        );

    /// <summary>The owners; one series with empty labels for an object that has none.</summary>
    public static ObjectFamily Owner(string prefix) =>
        new(
            prefix + "_owner",
            "owner_kind owner_name owner_is_controller",
            "Its owners.",
            static (SeriesWriter to, in ObjectView of) =>
            {
                if (of.Object.Owners.Count == 0)
                {
                    to.Begin();
                    to.Label("owner_kind"u8, ""u8);
                    to.Label("owner_name"u8, ""u8);
                    to.Label("owner_is_controller"u8, ""u8);
                    to.End(1);
                }

                foreach (var owner in of.Object.Owners)
                {
                    to.Begin();
                    to.Label("owner_kind"u8, owner.Kind);
                    to.Label("owner_name"u8, owner.Name);
                    to.Label("owner_is_controller"u8, owner.IsController ? "true"u8 : "false"u8);
                    to.End(1);
                }
            }
        )
        {
            ReadsBody = false,
        };

    /// <summary>All conditions of the status, each with a series for true, false and unknown.</summary>
    public static ObjectFamily Conditions(string prefix, bool withReason = false, string label = "condition") =>
        new(
            prefix + "_status_condition",
            withReason ? $"{label} status reason" : $"{label} status",
            "Its conditions: 1 for the current status of each.",
            (SeriesWriter to, in ObjectView of) =>
            {
                Span<byte> name = stackalloc byte[label.Length];
                System.Text.Encoding.ASCII.GetBytes(label, name);
                foreach (var condition in of.Status["conditions"u8].Items())
                {
                    var current = StateOf(condition);
                    for (var i = 0; i < ConditionStates.Length; i++)
                    {
                        to.Begin();
                        to.Label(name, condition["type"u8]);
                        to.Label("status"u8, ConditionStates[i]);
                        if (withReason)
                        {
                            to.Label("reason"u8, condition["reason"u8]);
                        }

                        to.End(i == current ? 1 : 0);
                    }
                }
            }
        );

    /// <summary>One condition: a series for true, false and unknown, none if the object does not have it.</summary>
    public static ObjectFamily Condition(string name, byte[] type, string help) =>
        new(
            name,
            "condition",
            help,
            (SeriesWriter to, in ObjectView of) =>
            {
                if (ObjectView.Condition(of.Status, type) is { IsAbsent: false } condition)
                {
                    to.States("condition"u8, ConditionStates, StateOf(condition));
                }
            }
        );

    /// <summary>The phase: a series for each that there is.</summary>
    public static ObjectFamily Phase(string prefix, params byte[][] phases) =>
        new(
            prefix + "_status_phase",
            "phase",
            "Its phase: 1 for the current one.",
            (SeriesWriter to, in ObjectView of) =>
            {
                if (of.Status["phase"u8] is { IsAbsent: false } phase)
                {
                    to.States("phase"u8, phases, IndexOf(phase, phases));
                }
            }
        );

    /// <summary>The states true, false and unknown.</summary>
    public static ReadOnlySpan<byte[]> TrueFalseUnknown => ConditionStates;

    /// <summary>Which of true, false and unknown a condition is.</summary>
    public static int StateOf(JsonView condition) =>
        condition["status"u8] is var status && status.TextEquals("True"u8) ? 0
        : status.TextEquals("False"u8) ? 1
        : 2;

    /// <summary>Which of the texts a value is; -1 for none.</summary>
    public static int IndexOf(JsonView value, byte[][] texts)
    {
        for (var i = 0; i < texts.Length; i++)
        {
            if (value.TextEquals(texts[i]))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>A count in a status, which omits zeros.</summary>
    public static double Count(JsonView value) => value.Number;

    /// <summary>A number that may be missing.</summary>
    public static double Optional(JsonView value) => value.IsAbsent ? double.NaN : value.Number;

    /// <summary>Amounts of resources: a series each, with the unit that kube-state-metrics gives it.</summary>
    public static void Amounts(
        SeriesWriter to,
        JsonView amounts,
        JsonView container = default,
        JsonView node = default,
        bool isOfContainer = false
    )
    {
        Span<byte> letters = stackalloc byte[256];
        foreach (var amount in amounts.Members())
        {
            if (!amount.Value.IsString || !Quantity.TryParse(amount.Value.Raw[1..^1], out var value))
            {
                continue;
            }

            to.Begin();
            if (isOfContainer)
            {
                to.Label("container"u8, container);
                to.Label("node"u8, node);
            }

            var resource = letters[..Math.Min(amount.Name.Length, letters.Length)];
            for (var i = 0; i < resource.Length; i++)
            {
                var c = amount.Name[i];
                resource[i] = c is (>= (byte)'a' and <= (byte)'z') or (>= (byte)'A' and <= (byte)'Z') or (>= (byte)'0' and <= (byte)'9')
                    ? c
                    : (byte)'_';
            }

            to.Label("resource"u8, resource);
            to.Label("unit"u8, UnitOf(amount.Name));
            to.End(value);
        }
    }

    private static ReadOnlySpan<byte> UnitOf(ReadOnlySpan<byte> resource) =>
        resource.SequenceEqual("cpu"u8) ? "core"u8
        : resource.SequenceEqual("memory"u8)
        || resource.SequenceEqual("storage"u8)
        || resource.SequenceEqual("ephemeral-storage"u8)
        || resource.StartsWith("hugepages-"u8)
        || resource.StartsWith("attachable-volumes-"u8)
            ? "byte"u8
        : "integer"u8;
}
