using System.Reflection;

namespace Vigia.Kubernetes.Tests.Objects;

/// <summary>What a store shares with everybody, nobody can change.</summary>
public sealed class ImmutabilityTests
{
    [Theory]
    [InlineData(typeof(RawObject), nameof(RawObject.Projection))]
    [InlineData(typeof(LabelSet), "")]
    [InlineData(typeof(OwnerReference), "")]
    [InlineData(typeof(ObjectKey), "")]
    [InlineData(typeof(LastChange), "")]
    public void Nothing_public_can_change_a_shared_object(Type type, string except)
    {
        var settable = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property =>
                property.SetMethod is { IsPublic: true } setter
                && !setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(System.Runtime.CompilerServices.IsExternalInit))
            )
            .Select(property => property.Name);

        Assert.Equal(except, string.Join(',', settable));
        Assert.All(type.GetFields(BindingFlags.Public | BindingFlags.Instance), field => Assert.True(field.IsInitOnly));
    }
}
