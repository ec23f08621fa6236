namespace MoeGen.Experts;

/// <summary>How a family turns router logits into what it calls the probability of an expert.</summary>
public enum RouterProbabilities
{
    /// <summary>Softmax over all experts.</summary>
    Softmax,

    /// <summary>Sigmoid of each expert's logit.</summary>
    Sigmoid,

    /// <summary>The weights of the chosen experts, zero for all others.</summary>
    Chosen,
}
