using System.Collections;
using DirectorySync.Identity.V1;
using DirectorySync.Scim.V1;
using Google.Protobuf;

namespace DirectorySync.Scim;

/// <summary>
/// Changes the values of a multi-valued attribute (RFC 7644 §3.5.2). Adding what is there adds nothing; a value with the same
/// value and type is completed rather than doubled; when one becomes primary the others cease to be; a replacement that a filter
/// leads nowhere is noTarget, an addition creates the element, a removal has nothing to do.
/// </summary>
internal sealed class ElementsPatch(AttributeDefinition definition, PatchTarget target, string path)
{
    private readonly string sub = target.Path.SubAttribute;

    public void Apply(IList elements, PatchOperator @operator, IList? values)
    {
        if (@operator == PatchOperator.Remove)
        {
            Remove(elements, values);
        }
        else if (target.ValueFilter is not null || sub.Length > 0)
        {
            SetIn(elements, @operator, (IMessage)values![0]!);
        }
        else if (@operator == PatchOperator.Replace)
        {
            elements.Clear();
            foreach (var value in values!)
            {
                elements.Add(value);
            }
        }
        else
        {
            foreach (IMessage value in values!)
            {
                Add(elements, value);
            }
        }

        if (elements.Count > 1)
        {
            foreach (var element in elements.OfType<MultiValue>())
            {
                element.Single = false;
            }
        }
    }

    private List<IMessage> Matching(IList elements) => [.. elements.Cast<IMessage>()
        .Where(e => target.ValueFilter is not { } filter || ElementFilter.Matches(filter, e, definition))];

    private void Remove(IList elements, IList? values)
    {
        foreach (var element in Matching(elements))
        {
            if (sub.Length > 0)
            {
                SubAttributes.Set(element, definition, sub, null);
                if (AttributeReader.IsEmpty(element))
                {
                    elements.Remove(element);
                }
            }
            else if (values is null || values.Cast<IMessage>().Any(v => Contains(element, v)))
            {
                elements.Remove(element);
            }
        }
    }

    private void SetIn(IList elements, PatchOperator @operator, IMessage value)
    {
        var matching = Matching(elements);
        IMessage? created = null;
        if (matching.Count == 0)
        {
            if (@operator == PatchOperator.Replace && target.ValueFilter is not null)
            {
                throw ScimException.NoTarget(path, $"No value of '{definition.Name}' matches '{path}', so there is nothing to replace.");
            }

            created = AttributeReader.New(definition.Field!.MessageType);
            if (target.ValueFilter is { } filter)
            {
                ElementFilter.Fill(filter, created, definition);
            }

            elements.Add(created);
            matching.Add(created);
        }

        foreach (var element in matching)
        {
            if (@operator == PatchOperator.Replace && sub.Length == 0 && !AttributeReader.IsEmpty(value))
            {
                KeepOnly(element, value);
            }

            Merge(element, value);
        }

        // The filter may have made the created element primary: emails[type eq "home" and primary eq true].value.
        if (AttributeReader.IsPrimary(value) || (created is not null && AttributeReader.IsPrimary(created)))
        {
            MakePrimary(elements, matching[0]);
        }
    }

    private void Add(IList elements, IMessage value)
    {
        var existing = elements.Cast<IMessage>().ToList();
        if (existing.Any(e => Contains(e, value)))
        {
            return;
        }

        var element = existing.Find(e => e is MultiValue a && value is MultiValue b && a.Value.Length > 0 && a.Value == b.Value
            && a.Type.Equals(b.Type, StringComparison.OrdinalIgnoreCase));
        if (element is null)
        {
            if (elements.Count >= BodyLimits.Values)
            {
                throw BodyLimits.TooManyValues(definition.Name);
            }

            elements.Add(element = value);
        }
        else
        {
            Merge(element, value);
        }

        if (AttributeReader.IsPrimary(value))
        {
            MakePrimary(elements, element);
        }
    }

    /// <summary>
    /// Clears what the new value does not say (RFC 7644 §3.5.2.3: the whole value is replaced), but for what the filter knows the
    /// element by: the next change for emails[type eq "work"] must find it again. Labels alone replace nothing but labels.
    /// </summary>
    private void KeepOnly(IMessage element, IMessage value)
    {
        var kept = SubAttributes.SetIn(value, definition).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (target.ValueFilter is { } filter)
        {
            kept.UnionWith(ElementFilter.Equalities(filter).Select(equality => equality.Name));
        }

        foreach (var name in SubAttributes.SetIn(element, definition).Where(name => !kept.Contains(name)).ToList())
        {
            SubAttributes.Set(element, definition, name, null);
        }
    }

    private void Merge(IMessage element, IMessage value)
    {
        IEnumerable<string> names = sub.Length > 0 ? [sub] : SubAttributes.SetIn(value, definition);
        foreach (var name in names)
        {
            if (!SubAttributes.AreEqual(element, value, definition, name))
            {
                SubAttributes.Set(element, definition, name, value);
            }
        }
    }

    /// <summary>Everything that the value says, the element says too.</summary>
    private bool Contains(IMessage element, IMessage value) =>
        SubAttributes.SetIn(value, definition).All(name => SubAttributes.AreEqual(element, value, definition, name));

    private static void MakePrimary(IList elements, IMessage primary)
    {
        foreach (IMessage element in elements)
        {
            var isPrimary = ReferenceEquals(element, primary);
            switch (element)
            {
                case MultiValue value when isPrimary || value.Primary:
                    value.Primary = isPrimary;
                    break;
                case Address address when isPrimary || address.Primary:
                    address.Primary = isPrimary;
                    break;
            }
        }
    }
}
