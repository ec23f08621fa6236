using System.Numerics;
using System.Text;

namespace MoeGen.Templates;

/// <summary>Python's <c>range</c>.</summary>
internal sealed class RangeValue : Value
{
    private readonly BigInteger _start;
    private readonly BigInteger _stop;
    private readonly BigInteger _step;
    private readonly int _length;

    public RangeValue(BigInteger start, BigInteger stop, BigInteger step)
    {
        if (step.IsZero)
        {
            throw new TemplateFault("range() arg 3 must not be zero");
        }

        (_start, _stop, _step) = (start, stop, step);
        BigInteger span = step.Sign > 0 ? stop - start : start - stop;
        BigInteger length = span.Sign <= 0 ? 0 : (span + BigInteger.Abs(step) - 1) / BigInteger.Abs(step);
        _length = length <= TemplateLimits.MaxRange
            ? (int)length
            : throw new TemplateFault($"range too big: the sandbox allows {TemplateLimits.MaxRange} items");
    }

    public override string TypeName => "range";

    public override bool IsTrue => _length > 0;

    public override int? Length => _length;

    public override long Weight => _length;

    public override IEnumerator<Value> Iterate()
    {
        for (int i = 0; i < _length; i++)
        {
            yield return At(i);
        }
    }

    public override IEnumerator<Value> Reverse()
    {
        for (int i = _length - 1; i >= 0; i--)
        {
            yield return At(i);
        }
    }

    public override Value? FindItem(Value key) => SequenceIndex.Resolve(key, _length) is int index ? At(index) : null;

    public override Value? FindAttribute(string name) => name switch
    {
        "start" => new IntValue(_start),
        "stop" => new IntValue(_stop),
        "step" => new IntValue(_step),
        _ => null,
    };

    /// <summary>Another range with the items of a slice.</summary>
    public RangeValue Slice(IndexRange slice) =>
        new(_start + (slice.First * _step), _start + (slice.End * _step), _step * slice.By);

    public override void AppendRepr(StringBuilder text)
    {
        text.Append("range(").Append(IntValue.Print(_start)).Append(", ").Append(IntValue.Print(_stop));
        text.Append(_step.IsOne ? ")" : $", {IntValue.Print(_step)})");
    }

    public override bool Equals(Value? other) => other is RangeValue range
        && _length == range._length
        && (_length == 0 || (_start == range._start && (_length == 1 || _step == range._step)));

    public override int GetHashCode() => HashCode.Combine(_length, _length == 0 ? 0 : _start);

    private IntValue At(int index) => new(_start + (index * _step));
}
